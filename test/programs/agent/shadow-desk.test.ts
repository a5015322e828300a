import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentStore, openAgentStore } from "../../../src/adapters/store/index.ts";
import { AdapterError, refusal } from "../../../src/domain/index.ts";
import { ShadowDesk } from "../../../src/programs/agent/shadow-desk.ts";
import { takeBuilderLock } from "../../../src/programs/builder-lock.ts";
import type { Job, JobContext, JobOutcome } from "../../../src/work/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let directory = "";
let store: AgentStore;
beforeEach(() => {
  directory = temporaryDirectory();
  store = openAgentStore(join(directory, "agent.db"), () => []);
});
afterEach(() => store.database.close());

const command = {
  kind: "upload-component",
  release: "r4.3",
  component: "hello",
  commit: "a".repeat(40),
  repository: "current",
  distributions: { kind: "all" },
} as const;
const request = {
  ...{ kind: "command", builder: "r4.3=/b", line: "Upload-component", command, scopes: [], signer: "S" },
  ...{ signedAt: 0, receivedAt: 0, message: { key: "k", line: 0 }, run: "first" },
};
const job = (): Job => ({ id: 1, queue: directory, trace: "0123456789ab", request, attempts: 1 }) as unknown as Job;
const context = { signal: new AbortController().signal } as JobContext;

/** A job that comes to this, beside whatever the predecessor does. */
function run(outcome: JobOutcome | Error): Promise<JobOutcome> {
  const desk = new ShadowDesk({
    store,
    repositories: () => {
      throw new Error("nothing is planned here");
    },
    now: () => new Date("2026-11-20T10:00:00Z"),
  });
  const inner = { run: async () => (outcome instanceof Error ? Promise.reject(outcome) : outcome) };
  return desk.runner(inner).run(job(), context);
}
const refused = (code: "NOT_IN_TESTING" | "TOO_YOUNG"): JobOutcome => ({
  kind: "refused",
  refusal: refusal(code, "hello", "x"),
  reports: [],
});

describe("what an agent in shadow mode keeps of a job", () => {
  it("is its refusal, once, whatever a later run comes to", async () => {
    expect(await run(refused("TOO_YOUNG"))).toMatchObject({ kind: "refused" });
    expect(await run(refused("NOT_IN_TESTING"))).toMatchObject({ kind: "refused" });
    expect(store.rehearsals.since(new Date(0))).toMatchObject([
      { refusal: { code: "TOO_YOUNG" }, places: [{ dist: "all", verdict: "refused" }] },
    ]);
  });

  it("is nothing yet while somebody is at work there and it looks half done", async () => {
    const lock = await takeBuilderLock(directory);
    expect(await run(refused("NOT_IN_TESTING"))).toMatchObject({ kind: "postponed" });
    expect(store.rehearsals.since(new Date(0))).toEqual([]);
    // What hangs on no file is known all the same.
    expect(await run(refused("TOO_YOUNG"))).toMatchObject({ kind: "refused" });
    await lock?.release();
    expect(store.rehearsals.since(new Date(0))).toHaveLength(1);
  });

  it("is nothing yet where the repository or the source cannot be read", async () => {
    const fault = new AdapterError("UNEXPECTED_ANSWER", "repomd.xml is not there");
    expect(await run(fault)).toMatchObject({ kind: "postponed", reason: "repomd.xml is not there" });
    const unfetched = { kind: "failed", reason: "the source could not be fetched: x", reports: [] } as const;
    expect(await run(unfetched)).toMatchObject({ kind: "postponed" });
    expect(store.rehearsals.since(new Date(0))).toEqual([]);
  });

  it("says of itself that it was not done", async () => {
    const done = { kind: "done", summary: "uploaded to current: host-fc41", reports: [] } as const;
    expect(await run(done)).toMatchObject({ summary: "in shadow, not done: uploaded to current: host-fc41" });
  });

  it("of messages that nobody signed rightly is the newest two thousand", async () => {
    const line = {
      at: "2026-11-20T10:00:00Z",
      trace: "t",
      signer: null,
      untrustedText: "x",
      refusal: refusal("SIGNER_UNKNOWN", "x", "x"),
    };
    await Promise.all(
      Array.from({ length: 2100 }, (_none, at) => store.rehearsals.keepRefused({ ...line, key: `${at}` })),
    );
    const kept = store.rehearsals.refusedSince(new Date(0));
    expect(kept).toHaveLength(2000);
    expect(kept.at(-1)?.key).toBe("2099");
  });
});
