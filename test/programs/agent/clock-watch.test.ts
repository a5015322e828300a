import { describe, expect, it } from "vitest";
import { openAgentStore } from "../../../src/adapters/store/index.ts";
import { ClockWatch } from "../../../src/programs/agent/clock-watch.ts";

const start = Date.parse("2026-11-23T10:00:00Z");
const minute = 60_000;

/** A qube whose clock is set from outside, beside one that only counts. */
async function qube() {
  const { ledger } = openAgentStore(":memory:", () => []);
  const time = { now: start, counted: 0 };
  const sources = { now: () => new Date(time.now), counting: () => time.counted };
  const pass = (ms: number): void => {
    time.now += ms;
    time.counted += ms;
  };
  return { time, pass, watch: await ClockWatch.open(ledger, sources), reopen: () => ClockWatch.open(ledger, sources) };
}

describe("the watch over the qube's clock", () => {
  it("is sure while time passes", async () => {
    const { watch, pass } = await qube();
    for (let hour = 0; hour < 5; hour++) {
      expect(await watch.judge()).toEqual({ kind: "sure" });
      pass(60 * minute);
    }
  });

  it("is unsure when the clock was set back by more than five minutes, over a restart too", async () => {
    const { watch, time, reopen } = await qube();
    await watch.judge();
    time.now -= 4 * minute;
    expect(await watch.judge()).toEqual({ kind: "sure" });
    time.now -= 2 * minute;
    expect((await watch.judge()).kind).toBe("wait");
    expect((await (await reopen()).judge()).kind).toBe("wait");
  });

  it("is unsure when it is more than five minutes off GitHub's, and takes GitHub's for its best guess", async () => {
    const { watch, time, pass } = await qube();
    watch.heard(new Date(start));
    pass(minute);
    expect((await watch.judge()).kind).toBe("sure");
    time.now += 3 * 24 * 60 * minute;
    expect((await watch.judge()).kind).toBe("wait");
    expect(await watch.bestGuess()).toEqual(new Date(start + minute));
  });

  it("does not keep the time of a clock that ran ahead for a moment", async () => {
    const { watch, time } = await qube();
    await watch.judge();
    watch.heard(new Date(start));
    time.now += 365 * 24 * 60 * minute;
    await watch.judge();
    time.now = start + minute;
    expect(await watch.judge()).toEqual({ kind: "sure" });
  });

  it("refuses with CLOCK_UNSURE after a day of doubt, by the clock that only counts", async () => {
    const { watch, time, pass } = await qube();
    await watch.judge();
    time.now -= 60 * minute;
    expect((await watch.judge()).kind).toBe("wait");
    time.counted += 25 * 60 * minute;
    const judged = await watch.judge();
    expect(judged).toMatchObject({ kind: "refused", refusal: { code: "CLOCK_UNSURE" } });
    pass(2 * 60 * minute);
    expect(await watch.judge()).toEqual({ kind: "sure" });
  });

  it("takes the latest time seen for its best guess where GitHub is not heard of", async () => {
    const { watch, time } = await qube();
    await watch.judge();
    time.now -= 60 * minute;
    expect(await watch.bestGuess()).toEqual(new Date(start));
  });
});
