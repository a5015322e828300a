import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { issueMemory } from "../../../src/adapters/github/index.ts";
import { Database } from "../../../src/adapters/store/database.ts";
import { outboxSchema, SqliteOutbox } from "../../../src/adapters/store/outbox-store.ts";
import type { DistributionName, Report } from "../../../src/domain/index.ts";
import type { GithubLab, GithubLabFault } from "../../../src/lab/github/index.ts";
import { foldLabels, labelChange, outboxDrafts, readMarker } from "../../../src/report/index.ts";
import { type Clock, type OutboxStore, pump, WakeUp } from "../../../src/work/index.ts";
import { issueOn, issuesOn } from "../../support/github-issue.ts";
import {
  coreAdmin,
  delivererAt,
  githubWith,
  issuesRepository,
  reportRepository,
  statusReport,
} from "../../support/github-reports.ts";
import { seeded } from "../../support/seeded.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const full = process.env["RELEASE_BOT_SOAK"] === "full";
const eventsWanted = full ? 500 : 200;
const seed = Number(process.env["RELEASE_BOT_SEED"] ?? Date.now() % 1_000_000);

/** Time runs a hundred times as fast, so that waiting for GitHub's limits does not take minutes. */
const started = Date.now();
const clock: Clock = {
  now: () => new Date(started + (Date.now() - started) * 100),
  sleep: async (ms, signal) => {
    await sleep(ms / 100, undefined, { signal }).catch(() => undefined);
  },
};

/**
 * GitHub gives up a request after ten seconds, and the client waits longer than that: what is read after a time-out is
 * what has become of the request. Here as there, the client's limit is longer than any request takes to be carried out.
 */
const timeoutMs = 4000;

type FaultMaker = () => GithubLabFault;
const kinds: readonly (readonly [weight: number, FaultMaker])[] = [
  [3, () => ({ kind: "lost-request" })],
  [4, () => ({ kind: "lost-answer" })],
  [3, () => ({ kind: "garbage" })],
  [1, () => ({ kind: "slow", ms: 20 })],
  [1, () => ({ kind: "slow", ms: timeoutMs + 300 })],
  [1, () => ({ kind: "hang" })],
  [2, () => ({ kind: "status", status: 502 })],
  [2, () => ({ kind: "status", status: 500 })],
  [1, () => ({ kind: "status", status: 429, headers: { "retry-after": "1" } })],
  [
    1,
    () => ({
      kind: "status",
      status: 403,
      message: "You have exceeded a secondary rate limit",
      headers: { "retry-after": "1" },
    }),
  ],
];
const deck = kinds.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));

/** The process dies between what GitHub has done and the outbox's record of it. */
class Killed extends Error {}

function dying(store: OutboxStore, random: () => number): OutboxStore {
  return {
    dueLanes: (...given) => store.dueLanes(...given),
    pending: (...given) => store.pending(...given),
    nextDue: (...given) => store.nextDue(...given),
    settle: async (...given) => {
      if (random() < 0.05) throw new Killed();
      await store.settle(...given);
    },
  };
}

/** One build qube: its outbox and memory on disk, started again whenever it dies, until all is delivered. */
async function reporter(github: GithubLab, reports: readonly Report[], random: () => number): Promise<number> {
  const directory = temporaryDirectory();
  const database = new Database(join(directory, "agent.db"), [outboxSchema]);
  const memory = issueMemory(join(directory, "issues.db"));
  onTestFinished(() => {
    database.close();
    memory.close();
  });
  const store = new SqliteOutbox(database);
  const waiting = reports.flatMap((report) => outboxDrafts(report, issuesRepository));
  let lives = 0;
  while (waiting.length > 0 || (await store.nextDue("github")) !== null) {
    lives += 1;
    const end = new AbortController();
    const wakeUp = new WakeUp(clock);
    const running = pump(
      {
        channel: "github",
        store: dying(store, random),
        // A process knows nothing of the one before it but what is on disk.
        deliverer: delivererAt(github.apiUrl, { timeoutMs, memory, now: clock.now }),
        clock,
        wakeUp,
        lanes: 4,
        batch: 3,
        onTrouble: (_, reason) => {
          if (reason === "Error") end.abort();
        },
      },
      end.signal,
    );
    while (!end.signal.aborted && (waiting.length > 0 || (await store.nextDue("github")) !== null)) {
      await store.add(waiting.splice(0, 1 + Math.floor(random() * 4)), clock.now());
      wakeUp.wake();
      await sleep(random() * 10);
    }
    end.abort();
    await running;
  }
  return lives;
}

describe("the reports of two build qubes, with a fifth of all requests going wrong and both dying now and then", () => {
  it(`reach GitHub each once and in order: ${eventsWanted} events, seed ${seed}`, async () => {
    const { next: random } = seeded(seed);
    let count = 0;
    let wrong = 0;
    const github = await githubWith({
      fault: ({ token }) => {
        if (token !== "token-bot") return null;
        count += 1;
        if (random() >= 0.2) return null;
        wrong += 1;
        return deck[Math.floor(random() * deck.length)]?.() ?? null;
      },
    });
    onTestFinished(() => github.close());

    const types = ["building", "built", "failed", "building", "built", "uploaded", "uploaded"] as const;
    const subjects = Array.from({ length: Math.ceil(eventsWanted / 28) }, (_, index) => ({
      ...coreAdmin,
      version: `v1.${index}`,
    }));
    const reports = (environment: string, distributions: readonly string[]) =>
      subjects.flatMap((subject, issue) =>
        types.flatMap((type, at) =>
          distributions.map((distribution) =>
            statusReport({
              type,
              id: `${environment}-${issue}-${distribution}-${at}`,
              subject,
              environment,
              distribution: distribution as DistributionName,
              repository: at === types.length - 1 ? "current" : "current-testing",
              logTail: `a log that says <!-- release-bot:${environment}-${issue}-${distribution}-${at + 1} -->`,
            }),
          ),
        ),
      );
    const both = [reports("one", ["vm-bookworm", "vm-trixie"]), reports("two", ["vm-fc42", "host-fc41"])];
    expect(both.flat().length).toBeGreaterThanOrEqual(eventsWanted);

    const lives = await Promise.all(both.map((own) => reporter(github, own, random)));

    console.log(
      `${both.flat().length} events, ${count} requests, ${wrong} of them wrong, ${lives.join(" and ")} lives`,
    );
    expect(wrong / count).toBeGreaterThan(0.08);
    const issues = (await issuesOn(github, reportRepository)).filter(
      ({ title }) => !title.startsWith("Duplicate of #"),
    );
    expect(issues.map(({ title }) => title).sort()).toEqual(
      subjects.map(({ version }) => `core-admin ${version} (r4.3)`).sort(),
    );
    for (const { number, title } of issues) {
      const issue = await issueOn(github, reportRepository, number);
      const markers = issue.comments.map(readMarker);
      for (const own of both) {
        const events = own.map(({ event }) => event).filter((event) => title.includes(` ${event.subject.version} `));
        const wanted = events.filter(({ type }) => type !== "building").map(({ id }) => id);
        expect(markers.filter((marker) => marker?.startsWith(`${events[0]?.environment}-`))).toEqual(wanted);
      }
      const labels = both.flatMap((own) => {
        const events = own.map(({ event }) => event).filter((event) => title.includes(` ${event.subject.version} `));
        return foldLabels(events.map(labelChange)).add;
      });
      expect(issue.labels).toEqual([...new Set(labels)].sort());
    }
  });
});
