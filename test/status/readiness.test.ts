import { describe, expect, it } from "vitest";
import { parseStatusData, tellAll, tellStories } from "../../src/status/index.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";

const day = (date: number): Date => new Date(Date.UTC(2026, 10, date, 12));
const verdicts = (updates: Parameters<typeof statusWith>[0], now = day(26)) =>
  tellAll(statusWith(updates), "r4.3", now).flatMap(({ update, places }) =>
    places.map(({ verdict, lines }) => [update.version, verdict, lines.at(-1)]),
  );

describe("a version in testing", () => {
  it("may go once it is old enough, to the minute", () => {
    const told = (now: Date) => tellAll(statusWith([updateWith()]), "r4.3", now)[0]?.places[0];
    expect(told(new Date("2026-11-25T09:59:00Z"))).toMatchObject({
      verdict: "waiting",
      lines: expect.arrayContaining(["too young: may go from 2026-11-25 10:00 UTC on"]),
    });
    expect(told(new Date("2026-11-25T10:00:00Z"))).toMatchObject({ verdict: "ready" });
  });

  it.each([
    ["is held", {}, { heldBy: "A".repeat(40) }, `held by ${"A".repeat(40)}`],
    ["is labelled buggy", { buggy: true }, {}, "labelled buggy"],
    ["has failed", {}, { state: "failed", repository: null, reason: "no disk" }, "failed: no disk"],
    ["is being built", {}, { state: "building", repository: null }, "being built"],
    ["stands in unstable", {}, { state: "other", repository: "unstable" }, "not in testing"],
    ["has no date", {}, { since: null }, "not in testing"],
    ["is an ISO", { kind: "iso" }, { repository: "iso-testing" }, "for testing: ISOs are not promoted"],
  ] as const)("that %s waits, and says so", (_, update, place, why) => {
    expect(verdicts([updateWith({ ...update, places: [placeWith(place)] })])).toEqual([["v4.3.12", "waiting", why]]);
  });

  it("that a later one replaces waits for that distribution only", () => {
    const two = [placeWith(), placeWith({ distribution: "vm-fc42" })];
    const later = updateWith({
      version: "v4.3.13",
      commit: "b".repeat(40),
      places: [placeWith({ since: "2026-11-25T10:00:00Z" })],
    });
    expect(verdicts([updateWith({ places: two }), later])).toEqual([
      ["v4.3.13", "waiting", "too young: may go from 2026-11-30 10:00 UTC on"],
      ["v4.3.12", "waiting", "superseded by v4.3.13"],
      ["v4.3.12", "ready", "may go to current now"],
    ]);
  });

  it("is told with everything that is known of it", () => {
    const [story] = tellStories(
      statusWith([updateWith()]),
      { release: "r4.3", name: "core-admin", version: "4.3.12" },
      day(26),
    );
    expect(story?.places[0]?.lines).toEqual([
      "built 2026-11-20 09:50 UTC",
      "in current-testing as 4.3.12-1 since 2026-11-20 10:00 UTC",
      "may go to current now",
    ]);
  });
});

describe("status data", () => {
  it.each([
    ["no JSON", "{"],
    ["another format", JSON.stringify({ ...statusWith([]), format: "x" })],
    ["a field that is not known", JSON.stringify({ ...statusWith([]), more: 1 })],
    ["a commit that is none", JSON.stringify(statusWith([updateWith({ commit: "x" })]))],
    ["a time that is none", JSON.stringify(statusWith([], { generatedAt: "yesterday" }))],
    [
      "a state that there is not",
      JSON.stringify(statusWith([updateWith({ places: [placeWith({ state: "x" as "other" })] })])),
    ],
  ])("with %s is refused", (_, text) => {
    expect(parseStatusData(text).ok).toBe(false);
  });

  it("of the format before is read, and knows nothing of votes and promoters", () => {
    const { votes: _votes, tests: _tests, ...update } = updateWith();
    const { promotedBy: _promotedBy, failedAt: _failedAt, ...place } = placeWith();
    const before = { ...statusWith([]), format: "release-bot-status-1", updates: [{ ...update, places: [place] }] };
    expect(parseStatusData(JSON.stringify(before))).toEqual({ ok: true, value: statusWith([updateWith()]) });
    const mixed = { ...before, updates: [updateWith()] };
    expect(parseStatusData(JSON.stringify(mixed)).ok).toBe(false);
  });

  it("is read back as it was written", () => {
    const data = statusWith([updateWith()]);
    expect(parseStatusData(JSON.stringify(data))).toEqual({ ok: true, value: data });
  });
});
