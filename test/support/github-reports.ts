import {
  type GithubCredentials,
  githubClient,
  githubDeliverer,
  issueMemory,
  readMessageTemplates,
} from "../../src/adapters/github/index.ts";
import type {
  CommitSha,
  ComponentName,
  ComponentSubject,
  DistributionName,
  QubeName,
  Release,
  Report,
  StatusEvent,
} from "../../src/domain/index.ts";
import { type GithubLab, type GithubLabOptions, startGithubLab } from "../../src/lab/github/index.ts";
import { outboxDrafts } from "../../src/report/index.ts";
import type { Deliverer, OutboxEntry } from "../../src/work/index.ts";

/** The repositories of the tests' GitHub. */
export const reportRepository = "QubesOS/updates-status";
export const issuesRepository = "QubesOS/qubes-issues";
/** Tokens of the bot, of another environment's bot, and of a stranger. */
const tokens = { "token-bot": "qubes-bot", "token-other": "qubes-bot-2", "token-alice": "alice" } as const;

/** A GitHub with both repositories. */
export function githubWith(options: Partial<GithubLabOptions> = {}): Promise<GithubLab> {
  return startGithubLab({
    repositories: [reportRepository, issuesRepository],
    tokens,
    webhook: null,
    record: "requests",
    ...options,
  });
}

/** A deliverer as a build qube has it, with a memory of its own. */
export function delivererAt(
  apiUrl: string,
  options: {
    readonly token?: string;
    readonly credentials?: GithubCredentials;
    readonly timeoutMs?: number;
    readonly reporters?: readonly string[];
    readonly memory?: ReturnType<typeof issueMemory>;
    readonly now?: () => Date;
  } = {},
): Deliverer {
  const now = options.now ?? ((): Date => new Date());
  return githubDeliverer({
    client: githubClient({
      credentials: options.credentials ?? { kind: "token", token: options.token ?? "token-bot" },
      apiUrl,
      timeoutMs: options.timeoutMs ?? 60_000,
      now,
    }),
    settings: {
      reportRepository,
      issuesRepository,
      logs: { repository: "QubesOS/build-logs", branch: "master" },
      templates: readMessageTemplates(null),
      reporters: options.reporters ?? [],
      minAgeDays: 5,
    },
    memory: options.memory ?? issueMemory(":memory:"),
    now,
  });
}

/** `core-admin v4.3.12` of r4.3. */
export const coreAdmin: ComponentSubject = {
  kind: "component",
  release: "r4.3" as Release,
  component: "core-admin" as ComponentName,
  commit: "a".repeat(40) as CommitSha,
  version: "v4.3.12",
};

export const bookworm = "vm-bookworm" as DistributionName;
export const fc42 = "vm-fc42" as DistributionName;
export const host = "host-fc41" as DistributionName;

type EventParts = { readonly type: StatusEvent["type"]; readonly id: string } & Readonly<Record<string, unknown>>;

/** A status report of core-admin; what an event of its type needs and is not given is empty. */
export function statusReport(parts: EventParts): Extract<Report, { kind: "status" }> {
  const event = {
    trace: null,
    subject: coreAdmin,
    environment: "build-fedora" as QubeName,
    at: new Date("2026-11-20T10:00:00Z"),
    distribution: bookworm,
    history: null,
    log: null,
    plan: null,
    distributions: [],
    minAgeDays: 5,
    reason: "",
    stage: "build",
    logTail: "",
    repository: "current-testing",
    ...parts,
  };
  return { kind: "status", event: event as unknown as StatusEvent };
}

let sequence = 0;

/** The notices that follow from a report: a lane each. */
export function noticeEntriesOf(report: Report): [OutboxEntry, ...OutboxEntry[]][] {
  return outboxDrafts(report, issuesRepository)
    .slice(1)
    .map((draft) => {
      sequence += 1;
      return [{ ...draft, sequence, tries: 0, ambiguous: false }];
    });
}

/** Reports as entries of the outbox, all of the first one's lane. */
export function entriesOf(...reports: readonly Report[]): [OutboxEntry, ...OutboxEntry[]] {
  const entries = reports
    .flatMap((report) => outboxDrafts(report, issuesRepository))
    .map((draft): OutboxEntry => {
      sequence += 1;
      return { ...draft, sequence, tries: 0, ambiguous: false };
    });
  const [first, ...rest] = entries;
  if (first === undefined) throw new Error("no report");
  return [first, ...rest.filter(({ lane }) => lane === first.lane)];
}
