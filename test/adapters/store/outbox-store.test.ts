import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openReceiverStore, type ReceiverStore } from "../../../src/adapters/store/index.ts";
import type { NewOutboxEntry, OutboxEntry } from "../../../src/work/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const start = new Date("2026-11-23T10:00:00Z");
const later = (ms: number): Date => new Date(start.getTime() + ms);
const call = (id: string, lane: string): NewOutboxEntry => ({ id, channel: "qrexec", lane, payload: `{"of":"${id}"}` });

function store(): ReceiverStore {
  return openReceiverStore(join(temporaryDirectory(), "r.db"));
}

async function entries(from: ReceiverStore, lane: string): Promise<readonly [OutboxEntry, ...OutboxEntry[]]> {
  const [first, ...rest] = await from.outbox.pending({ channel: "qrexec", lane }, 10);
  if (first === undefined) throw new Error(`nothing waits in ${lane}`);
  return [first, ...rest];
}

describe("the outbox on disk", () => {
  it("keeps an id for ever: what was delivered is not added again", async () => {
    const outbox = store();
    await outbox.outbox.add([call("a", "q1")], start);
    await outbox.outbox.settle(
      { channel: "qrexec", lane: "q1" },
      await entries(outbox, "q1"),
      { kind: "delivered", count: 1 },
      start,
    );
    await outbox.outbox.add([call("a", "q1")], start);
    expect(await outbox.outbox.dueLanes("qrexec", later(1000))).toEqual([]);
  });

  it("hands a lane over in order, and tells only the first how often it was tried", async () => {
    const outbox = store();
    await outbox.outbox.add([call("a", "q1"), call("b", "q1")], start);
    const lane = { channel: "qrexec", lane: "q1" };
    const retry = { kind: "retry", afterMs: 500, ambiguous: true, reason: "it hangs" } as const;
    await outbox.outbox.settle(lane, await entries(outbox, "q1"), retry, start);
    expect((await entries(outbox, "q1")).map(({ id, tries, ambiguous }) => ({ id, tries, ambiguous }))).toEqual([
      { id: "a", tries: 1, ambiguous: true },
      { id: "b", tries: 0, ambiguous: false },
    ]);
  });

  it("lets one lane wait without the others", async () => {
    const outbox = store();
    await outbox.outbox.add([call("a", "q1"), call("b", "q2")], start);
    const retry = { kind: "retry", afterMs: 5000, ambiguous: false, reason: "off" } as const;
    await outbox.outbox.settle({ channel: "qrexec", lane: "q1" }, await entries(outbox, "q1"), retry, start);
    expect((await outbox.outbox.dueLanes("qrexec", later(100))).map(({ lane }) => lane)).toEqual(["q2"]);
    expect((await outbox.outbox.dueLanes("qrexec", later(5000))).map(({ lane }) => lane)).toEqual(["q2", "q1"]);
    expect(await outbox.outbox.nextDue("qrexec")).toEqual(start);
  });

  it("sets aside what can never be delivered, and goes on", async () => {
    const outbox = store();
    await outbox.outbox.add([call("a", "q1"), call("b", "q1")], start);
    const never = { kind: "undeliverable", reason: "its issue is gone" } as const;
    await outbox.outbox.settle({ channel: "qrexec", lane: "q1" }, await entries(outbox, "q1"), never, start);
    expect((await entries(outbox, "q1")).map(({ id }) => id)).toEqual(["b"]);
    expect(outbox.outbox.counts()).toEqual({ pending: 1, aside: 1 });
  });

  it("is there again after the file was closed and opened", async () => {
    const directory = temporaryDirectory();
    const first = openReceiverStore(join(directory, "r.db"));
    await first.outbox.add([call("a", "q1")], start);
    await first.close();
    const second = openReceiverStore(join(directory, "r.db"));
    expect((await entries(second, "q1"))[0].payload).toBe('{"of":"a"}');
  });

  it("undoes one write that fails, and keeps those that shared its transaction", async () => {
    const outbox = store();
    const wrong = { ...call("b", "q1"), payload: null } as unknown as NewOutboxEntry;
    const outcomes = await Promise.allSettled([
      outbox.outbox.add([call("a", "q1")], start),
      outbox.outbox.add([call("c", "q1"), wrong], start),
      outbox.outbox.add([call("d", "q1")], start),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await entries(outbox, "q1")).map(({ id }) => id)).toEqual(["a", "d"]);
  });

  it("knows a delivery by its body's hash, and makes its calls once", async () => {
    const outbox = store();
    const hash = new Uint8Array(32).fill(7);
    expect(await outbox.take(hash, [call("a", "q1")], start)).toBe("taken");
    expect(outbox.knows(hash)).toBe(true);
    expect(await outbox.take(hash, [call("z", "q1")], start)).toBe("duplicate");
    expect((await entries(outbox, "q1")).map(({ id }) => id)).toEqual(["a"]);
  });

  it("forgets what is through after a month, never what waits", async () => {
    const outbox = store();
    const hash = new Uint8Array(32).fill(7);
    await outbox.take(hash, [call("a", "q1"), call("b", "q1")], start);
    await outbox.outbox.settle(
      { channel: "qrexec", lane: "q1" },
      await entries(outbox, "q1"),
      { kind: "delivered", count: 1 },
      start,
    );
    await outbox.forget(later(32 * 86_400_000));
    expect(outbox.knows(hash)).toBe(false);
    expect((await entries(outbox, "q1")).map(({ id }) => id)).toEqual(["b"]);
  });
});
