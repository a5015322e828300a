import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixedIssues, namedIssues } from "../../src/report/references.ts";
import { cpuMilliseconds } from "../support/cpu-time.ts";

const tracker = "QubesOS/qubes-issues";
const message = (subject: string, body = "") => ({ subject, body });
const fixed = (...lines: string[]) => fixedIssues([message("a subject", lines.join("\n"))], tracker);

describe("the issues that an update fixes", () => {
  it.each([
    ["Fixes QubesOS/qubes-issues#12", [12]],
    ["fixes qubesos/QUBES-issues#12", [12]],
    ["Closes: https://github.com/QubesOS/qubes-issues/issues/7", [7]],
    ["resolves https://github.com/QubesOS/qubes-issues/issues/7#issuecomment-1", [7]],
    ["This resolved QubesOS/qubes-issues#1, QubesOS/qubes-issues#2 and QubesOS/qubes-issues#3.", [1, 2, 3]],
    ["fixes QubesOS/qubes-issues#1, closes QubesOS/qubes-issues#2", [1, 2]],
    ["Fixes evil/other#3 and QubesOS/qubes-issues#4", [4]],
  ])("are read from %j", (line, issues) => {
    expect(fixed(line)).toEqual(issues);
  });

  it.each([
    "Fixes https://github.com/evil/other/issues/5",
    "Fixes https://evil.example/QubesOS/qubes-issues/issues/5",
    "Fixes https://evil.example/?https://github.com/QubesOS/qubes-issues/issues/5",
    "Fixes https://github.com/QubesOS/qubes-issues/issues/5x",
    "Fixes https://github.com/QubesOS/qubes-issues-old/issues/5",
    "prefixes QubesOS/qubes-issues#5",
    "un-fixes QubesOS/qubes-issues#5",
    "Fixes #5",
    "Fixes xQubesOS/qubes-issues#5",
    "Fixes QubesOS/qubes-issues#0",
    "Fixes QubesOS/qubes-issues#5000000000",
    "See QubesOS/qubes-issues#5",
    "fixing QubesOS/qubes-issues#5",
  ])("are none in %j", (line) => {
    expect(fixed(line)).toEqual([]);
  });

  it("are each told once, whatever the number of commits that name them", () => {
    const commits = [
      message("fixes QubesOS/qubes-issues#9"),
      message("x", "Fixes QubesOS/qubes-issues#9\nfixes QubesOS/qubes-issues#8"),
    ];
    expect(fixedIssues(commits, tracker)).toEqual([9, 8]);
  });

  it("are named without being fixed, too", () => {
    expect(namedIssues([message("see QubesOS/qubes-issues#5", "fixes evil/other#6")], tracker)).toEqual([5]);
  });

  it("take no long time to be found in a hostile message", () => {
    const hostile = ["fixes ", "fixes: a/b#1 and ", "fixes\t ", "a/b#", "QubesOS/qubes-issues#1,", " "];
    const took = cpuMilliseconds(() => {
      for (const piece of hostile)
        fixedIssues([message(piece.repeat(5000), `${piece.repeat(20_000)}\n`.repeat(20))], tracker);
    });
    expect(took).toBeLessThan(10_000);
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const issue of fixedIssues([message(text)], tracker)) expect(text.toLowerCase()).toContain(`${issue}`);
      }),
    );
  });
});
