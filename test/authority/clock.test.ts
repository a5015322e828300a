import { describe, expect, it } from "vitest";
import { type ClockReading, judgeClock } from "../../src/authority/index.ts";

const now = new Date("2026-11-23T15:00:00Z");
const shifted = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
const judge = (reading: Partial<ClockReading>): string => {
  const judgement = judgeClock({ now, latestSeen: null, githubDate: null, waitedMs: 0, ...reading });
  return judgement.kind === "refused" ? judgement.refusal.code : judgement.kind;
};
const day = 24 * 3_600_000;

describe("the clock", () => {
  it.each<[string, Partial<ClockReading>, string]>([
    ["without anything to compare", {}, "sure"],
    ["after what was seen", { latestSeen: shifted(-1000) }, "sure"],
    ["five minutes behind what was seen", { latestSeen: shifted(5) }, "sure"],
    ["more than five minutes behind what was seen", { latestSeen: shifted(5.1) }, "wait"],
    ["five minutes from GitHub's", { githubDate: shifted(-5) }, "sure"],
    ["more than five minutes ahead of GitHub's", { githubDate: shifted(-5.1) }, "wait"],
    ["more than five minutes behind GitHub's", { githubDate: shifted(5.1) }, "wait"],
    ["in doubt for less than a day", { githubDate: shifted(60), waitedMs: day - 1 }, "wait"],
    ["in doubt for a day", { githubDate: shifted(60), waitedMs: day }, "CLOCK_UNSURE"],
    ["in doubt for a day, but no longer", { githubDate: shifted(1), waitedMs: day }, "sure"],
  ])("%s", (_name, reading, expected) => {
    expect(judge(reading)).toBe(expected);
  });
});
