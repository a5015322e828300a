import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { githubClient, githubDeliverer, issueMemory, readMessageTemplates } from "../../src/adapters/github/index.ts";
import { Database } from "../../src/adapters/store/database.ts";
import { outboxSchema, SqliteOutbox } from "../../src/adapters/store/outbox-store.ts";
import type { ComponentSubject, DistributionName, QubeName, Report, StatusEvent } from "../../src/domain/index.ts";
import { type GithubLab, startGithubLab } from "../../src/lab/github/index.ts";
import { labelChange, outboxDrafts } from "../../src/report/index.ts";
import { type Deliverer, pump, WakeUp } from "../../src/work/index.ts";
import { type Figure, type Measured, median } from "../figure.ts";

const repository = "QubesOS/updates-status";
const issuesRepository = "QubesOS/qubes-issues";
const token = "token-bot";
const distributions = ["host-fc41", "vm-fc41", "vm-fc42", "vm-bookworm", "vm-trixie", "vm-archlinux"];
const stages = ["building", "built", "uploaded"] as const;

const subject = {
  kind: "component",
  release: "r4.3",
  component: "core-admin",
  commit: "a".repeat(40),
  version: "v4.3.12",
} as ComponentSubject;

function report(type: (typeof stages)[number], distribution: string, run: number): Report {
  const event = {
    type,
    id: `${run}-${type}-${distribution}`,
    trace: null,
    subject: { ...subject, version: `v4.3.${run}` },
    environment: "build-fedora" as QubeName,
    at: new Date("2026-11-20T10:00:00Z"),
    distribution: distribution as DistributionName,
    repository: "current-testing",
    log: null,
    plan: null,
    history: null,
  };
  return { kind: "status", event: event as unknown as StatusEvent };
}

function deliverer(github: GithubLab): Deliverer {
  const now = (): Date => new Date();
  return githubDeliverer({
    client: githubClient({ credentials: { kind: "token", token }, apiUrl: github.apiUrl, timeoutMs: 30_000, now }),
    memory: issueMemory(":memory:"),
    now,
    settings: {
      reportRepository: repository,
      issuesRepository,
      logs: { repository: "QubesOS/build-logs", branch: "master" },
      templates: readMessageTemplates(null),
      reporters: [],
      minAgeDays: 5,
    },
  });
}

async function post(github: GithubLab, path: string, body: unknown): Promise<void> {
  const headers = { authorization: `token ${token}` };
  const answer = await fetch(`${github.apiUrl}/repos/${repository}/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  await answer.arrayBuffer();
}

/** Requests for what six distributions have to tell, one event at a time: the worst case, where nothing waits together. */
async function countRequests(openIssues: number): Promise<Measured> {
  const github = await startGithubLab({
    repositories: [repository, issuesRepository],
    tokens: { [token]: "qubes-bot" },
    webhook: null,
    record: "requests",
  });
  try {
    for (let issue = 0; issue < openIssues; issue++) await post(github, "issues", { title: `other ${issue} (r4.3)` });
    const all = distributions.flatMap((distribution) =>
      stages.flatMap((stage) => {
        const posting = report(stage, distribution, 0);
        return posting.kind === "status" ? labelChange(posting.event).add : [];
      }),
    );
    for (const name of new Set(all)) await post(github, "labels", { name });
    const counts: number[] = [];
    for (let run = 0; run < 3; run++) {
      const side = deliverer(github);
      const before = github.requests.length;
      for (const distribution of distributions) {
        for (const stage of stages) {
          for (const draft of outboxDrafts(report(stage, distribution, run), issuesRepository)) {
            const entry = { ...draft, sequence: 1, tries: 0, ambiguous: false };
            const outcome = await side.deliver([entry]);
            if (outcome.kind !== "delivered") throw new Error(`${stage} ${distribution}: ${JSON.stringify(outcome)}`);
          }
        }
      }
      counts.push(github.requests.length - before);
    }
    return {
      value: median(counts),
      unit: "requests",
      goal: { on: "value", op: "<=", than: 25 },
      baseline: null,
      ratio: null,
      note: "each event by itself; what waits together costs less",
    };
  } finally {
    await github.close();
  }
}

/** How long a build waits to have said something, while GitHub takes every request and answers none. */
async function builderWait(): Promise<Measured> {
  const github = await startGithubLab({
    repositories: [repository, issuesRepository],
    tokens: { [token]: "qubes-bot" },
    webhook: null,
    fault: () => ({ kind: "hang" }),
  });
  const directory = mkdtempSync(join(tmpdir(), "rb-bench-"));
  const database = new Database(join(directory, "agent.db"), [outboxSchema]);
  const clock = {
    now: () => new Date(),
    sleep: async (ms: number, signal: AbortSignal) =>
      void (await sleep(ms, undefined, { signal }).catch(() => undefined)),
  };
  const store = new SqliteOutbox(database);
  const wakeUp = new WakeUp(clock);
  const end = new AbortController();
  const running = pump(
    {
      channel: "github",
      store,
      deliverer: deliverer(github),
      clock,
      wakeUp,
      lanes: 4,
      batch: 20,
      onTrouble: () => undefined,
    },
    end.signal,
  );
  try {
    const waits: number[] = [];
    for (let run = 0; run < 100; run++) {
      const started = performance.now();
      await store.add(outboxDrafts(report("built", "vm-fc42", run), issuesRepository), clock.now());
      waits.push(performance.now() - started);
      wakeUp.wake();
      await sleep(2);
    }
    return {
      value: median(waits),
      unit: "ms",
      goal: { on: "value", op: "<=", than: 5 },
      baseline: null,
      ratio: null,
      note: `durable in the outbox; the longest of 100: ${Math.max(...waits).toFixed(1)} ms`,
    };
  } finally {
    end.abort();
    await github.close();
    await running;
    database.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Cost of telling GitHub, and that nobody waits for it. */
export const figures: readonly Figure[] = [
  { name: "reports.requests.1", measure: () => countRequests(1) },
  { name: "reports.requests.1500", measure: () => countRequests(1500) },
  { name: "reports.builder_wait", measure: builderWait },
];
