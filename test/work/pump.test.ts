import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openReceiverStore } from "../../src/adapters/store/index.ts";
import { backOff, type DeliveryOutcome, type OutboxEntry, pump, WakeUp } from "../../src/work/index.ts";
import { SettableClock } from "../fakes/settable-clock.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const start = new Date("2026-11-23T10:00:00Z");
const entry = (id: string, lane: string) => ({ id, channel: "qrexec", lane, payload: "{}" });

function pumping(deliver: (entries: readonly OutboxEntry[]) => Promise<DeliveryOutcome>, lanes = 8, batch = 1) {
  const clock = new SettableClock(start);
  const store = openReceiverStore(join(temporaryDirectory(), "r.db"));
  const wakeUp = new WakeUp(clock);
  store.onCommit(() => wakeUp.wake());
  const end = new AbortController();
  const troubles: string[] = [];
  const running = pump(
    {
      channel: "qrexec",
      store: store.outbox,
      deliverer: { deliver },
      clock,
      wakeUp,
      lanes,
      batch,
      onTrouble: (lane, reason) => troubles.push(`${lane}: ${reason}`),
    },
    end.signal,
  );
  onTestFinished(async () => {
    end.abort();
    await running;
    await store.close();
  });
  return { store, clock, troubles };
}

describe("the pump", () => {
  it("delivers each lane in its order", async () => {
    const got: string[] = [];
    const { store } = pumping(async ([first]) => {
      got.push(first?.id ?? "");
      return { kind: "delivered", count: 1 };
    });
    await store.outbox.add([entry("a1", "a"), entry("a2", "a"), entry("b1", "b"), entry("a3", "a")], start);
    await expect.poll(() => got.length).toBe(4);
    expect(got.filter((id) => id.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
  });

  it("lets a lane that hangs hold up no other", async () => {
    const got: string[] = [];
    let release = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { store } = pumping(async ([first]) => {
      if (first?.lane === "hung") await hanging;
      got.push(first?.id ?? "");
      return { kind: "delivered", count: 1 };
    });
    await store.outbox.add([entry("h1", "hung"), entry("a1", "a"), entry("a2", "a")], start);
    await expect.poll(() => got).toEqual(["a1", "a2"]);
    release();
    await expect.poll(() => got).toEqual(["a1", "a2", "h1"]);
  });

  it("tries a failing lane again when its time has come, and says how often it has tried", async () => {
    const tries: number[] = [];
    const { store, clock, troubles } = pumping(async ([first]) => {
      tries.push(first?.tries ?? -1);
      return tries.length < 3
        ? { kind: "retry", afterMs: 2000, ambiguous: false, reason: "off" }
        : { kind: "delivered", count: 1 };
    });
    await store.outbox.add([entry("a1", "a")], start);
    await expect.poll(() => tries.length).toBe(1);
    for (const expected of [2, 3]) {
      await expect
        .poll(() => store.outbox.nextDue("qrexec").then((due) => due?.getTime() ?? 0))
        .toBeGreaterThan(clock.now().getTime());
      clock.advance(2100);
      await expect.poll(() => tries.length).toBe(expected);
    }
    expect(tries).toEqual([0, 1, 2]);
    expect(troubles).toEqual(["a: off", "a: off"]);
  });

  it("keeps what a deliverer that breaks its promise was given", async () => {
    let calls = 0;
    const { store, clock } = pumping(async () => {
      calls += 1;
      if (calls === 1) throw new Error("a bug");
      return { kind: "delivered", count: 1 };
    });
    await store.outbox.add([entry("a1", "a")], start);
    await expect.poll(() => calls).toBe(1);
    await expect
      .poll(() => {
        clock.advance(1100);
        return calls;
      })
      .toBe(2);
    await expect.poll(() => store.outbox.counts().pending).toBe(0);
  });

  it("counts as delivered only what the deliverer says, of several", async () => {
    const handed: string[][] = [];
    const { store } = pumping(
      async (entries) => {
        handed.push(entries.map(({ id }) => id));
        return { kind: "delivered", count: Math.min(2, entries.length) };
      },
      8,
      10,
    );
    await store.outbox.add(
      ["1", "2", "3", "4", "5"].map((id) => entry(id, "a")),
      start,
    );
    await expect.poll(() => handed).toEqual([["1", "2", "3", "4", "5"], ["3", "4", "5"], ["5"]]);
  });
});

describe("the back-off", () => {
  it("doubles from the first wait to the longest, spread by a quarter", () => {
    const limits = { first: 1000, longest: 300_000 };
    expect([0, 1, 2, 3].map((tries) => backOff(tries, 0.5, limits))).toEqual([1000, 2000, 4000, 8000]);
    expect(backOff(1000, 0.5, limits)).toBe(300_000);
    expect(backOff(0, 0, limits)).toBe(750);
    expect(backOff(0, 0.999, limits)).toBeLessThanOrEqual(1250);
  });
});
