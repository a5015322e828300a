import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../../commands/index.ts";
import { type AgentStore, openAgentStore } from "../../../src/adapters/store/index.ts";
import type { OrderScope } from "../../../src/authority/index.ts";
import {
  parseFingerprint,
  parseQubeName,
  parseSha256,
  parseTraceId,
  type Report,
  refusal,
} from "../../../src/domain/index.ts";
import type { Job, JobOutcome, PlaceState, RecordedLine, Recording } from "../../../src/work/index.ts";

const now = new Date("2026-11-23T10:00:00Z");
const commit = "0123456789abcdef0123456789abcdef01234567";
const place = { issue: 7, comment: 1001 };
const done: JobOutcome = { kind: "done", summary: "uploaded", reports: [] };

function known<T>(value: T | null): T {
  if (value === null) throw new Error("not parsed");
  return value;
}

/** A store whose outbox is looked at as reports. */
function open(): { store: AgentStore; told: () => Promise<readonly string[]> } {
  const store = openAgentStore(":memory:", (report) => [
    { id: idOf(report), channel: "github", lane: "one", payload: JSON.stringify(report) },
  ]);
  const told = async (): Promise<readonly string[]> => {
    const entries = await store.outbox.pending({ channel: "github", lane: "one" }, 100);
    return entries.map(({ payload }) => wordOf(JSON.parse(payload) as Report));
  };
  return { store, told };
}

function idOf(report: Report): string {
  switch (report.kind) {
    case "status":
      return report.event.id;
    case "answer":
      return report.answer.id;
    case "reaction":
      return report.reaction.id;
  }
}

function wordOf(report: Report): string {
  return report.kind === "reaction" ? report.reaction.content : report.kind;
}

function line(key: string, index: number, queues: readonly string[]): RecordedLine {
  const text = `Upload-component r4.3 core-admin ${commit} current all`;
  const parsed = parseCommandLine(text);
  if (!parsed.ok) throw new Error("not a command");
  const scope = { release: parsed.value.release, subject: "component core-admin", distribution: null } as OrderScope;
  const jobs = queues.map((queue) => ({
    queue,
    request: {
      kind: "command" as const,
      builder: `r4.3=${queue}`,
      line: text,
      command: parsed.value,
      scopes: [scope],
      signer: known(parseFingerprint("A".repeat(40))),
      signedAt: now.getTime() + index,
      receivedAt: now.getTime(),
      message: { key, line: index },
    },
  }));
  return { line: text, stand: { kind: "open" }, tell: "if-bad", jobs, holds: [], ran: [] };
}

function recording(
  key: string,
  lines: readonly RecordedLine[],
  where: PlaceState = { kind: "proven", place },
): Recording {
  return {
    key,
    trace: known(parseTraceId("0123456789ab")),
    signer: known(parseFingerprint("A".repeat(40))),
    signedAt: now,
    receivedAt: now,
    environment: known(parseQubeName("build-a")),
    block: "block\n",
    blockSha256: known(parseSha256("0".repeat(64))),
    place: where,
    subject: null,
    lines,
    statements: [],
  };
}

async function run(store: AgentStore, queue: string, outcome: JobOutcome): Promise<Job> {
  const job = known(await store.jobs.claim(queue, now));
  await store.jobs.finish(job, outcome, now);
  return job;
}

describe("a message's jobs", () => {
  it("run line after line, though in different queues", async () => {
    const { store } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a"]), line("k", 1, ["/b"])]));
    expect(await store.jobs.waitingQueues(now)).toEqual(["/a"]);
    expect(await store.jobs.claim("/b", now)).toBeNull();
    await run(store, "/a", done);
    expect(await store.jobs.waitingQueues(now)).toEqual(["/b"]);
  });

  it("are answered once, with the last of them", async () => {
    const { store, told } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a", "/b"]), line("k", 1, ["/a"])]));
    await run(store, "/a", done);
    await run(store, "/b", done);
    expect(await told()).toEqual(["eyes"]);
    const tooYoung = refusal("TOO_YOUNG", "all", "not yet");
    await run(store, "/a", { kind: "refused", refusal: tooYoung, reports: [] });
    expect(await told()).toEqual(["eyes", "-1", "answer"]);
    await store.ledger.provePlace("k", { issue: 9, comment: 9 }, now);
    await store.ledger.refutePlace("k", now);
    expect(await told()).toEqual(["eyes", "-1", "answer"]);
  });

  it("wait with their answer for a place that is only claimed", async () => {
    const { store, told } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a"])], { kind: "claimed", place }));
    await run(store, "/a", done);
    expect(await told()).toEqual([]);
    await store.ledger.provePlace("k", place, now);
    expect(await told()).toEqual(["eyes", "rocket"]);
  });

  it("are not answered again when an operator runs one again", async () => {
    const { store, told } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a"])]));
    const { id } = await run(store, "/a", done);
    await store.desk.retry(id, now);
    const again = await run(store, "/a", { kind: "failed", reason: "the disk is full", reports: [] });
    expect(again.request).toMatchObject({ message: { key: "k", line: 0 } });
    expect(await told()).toEqual(["eyes", "rocket"]);
  });

  it("are answered when an operator cancels them", async () => {
    const { store, told } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a"])]));
    expect(await store.desk.cancel(1, now)).toBe("cancelled");
    expect(await told()).toEqual(["eyes", "-1", "answer"]);
  });

  it.each([
    ["done", done, true],
    ["failed, since it may be through in part", { kind: "failed", reason: "x", reports: [] }, true],
    ["refused", { kind: "refused", refusal: refusal("HELD", "x", "x"), reports: [] }, false],
  ] as const)("count for the order of commands where they are %s", async (_what, outcome, counts) => {
    const { store } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a"])]));
    const { request } = await run(store, "/a", outcome);
    const scope = request.kind === "command" ? request.scopes[0] : undefined;
    const last = store.ledger.view.lastExecuted(known(scope ?? null));
    expect(last).toEqual(counts ? now : null);
  });
});

describe("the ledger", () => {
  it("records a key once, with all or nothing of what belongs to it", async () => {
    const { store } = open();
    expect(await store.ledger.record(recording("k", [line("k", 0, ["/a"])]))).toBe("recorded");
    expect(await store.ledger.record(recording("k", [line("k", 0, ["/b"])]))).toBe("known");
    expect(store.desk.show(10).map(({ queue }) => queue)).toEqual(["/a"]);
    const broken = { ...line("x", 0, ["/a"]), line: null as unknown as string };
    await expect(store.ledger.record(recording("x", [line("x", 1, ["/a"]), broken]))).rejects.toThrow();
    expect(await store.ledger.find("x")).toBeNull();
    expect(store.desk.show(10).length).toBe(1);
  });

  it("keeps the block as it came", async () => {
    const { store } = open();
    await store.ledger.record(recording("k", [line("k", 0, ["/a"])]));
    expect(await store.ledger.block("k")).toEqual({ block: "block\n", receivedAt: now });
    expect(await store.ledger.block("none")).toBeNull();
  });
});
