import { describe, expect, it } from "vitest";
import { combineStatus, parseStatusData, type StatusData } from "../../src/status/index.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";

const fedora = { environments: ["build-fedora"], generatedAt: "2026-11-22T12:00:00Z" } as const;
const host = placeWith({ distribution: "host-fc41", environment: "build-fedora" });

/** What comes of them, in either order the same. */
function combined(...parts: readonly [StatusData, ...StatusData[]]) {
  const result = combineStatus(parts);
  if (!result.ok) throw new Error(result.error);
  expect(parseStatusData(JSON.stringify(result.value.data))).toEqual({ ok: true, value: result.value.data });
  return { ...result.value.data, conflicts: result.value.conflicts };
}

describe("the data of several build qubes", () => {
  it("comes together by version, and is as old as its oldest part", () => {
    const one = statusWith([updateWith({ votes: { up: 1, down: 0 } })]);
    const other = statusWith([updateWith({ issue: null, buggy: true, minAgeDays: 7, places: [host] })], {
      ...fedora,
      environments: [...fedora.environments],
    });
    for (const parts of [[one, other] as const, [other, one] as const]) {
      expect(combined(...parts)).toMatchObject({
        conflicts: [],
        generatedAt: "2026-11-22T12:00:00Z",
        environments: ["build-debian", "build-fedora"],
        updates: [
          {
            issue: 12,
            buggy: true,
            minAgeDays: 7,
            votes: { up: 1, down: 0 },
            places: [{ distribution: "vm-bookworm" }, { distribution: "host-fc41" }],
          },
        ],
      });
    }
  });

  it("keeps different commits of one version apart, each with its own distributions, and says so", () => {
    const moved = updateWith({ commit: "b".repeat(40), places: [host] });
    const { updates, conflicts } = combined(
      statusWith([updateWith()]),
      statusWith([moved], { environments: ["build-fedora"] }),
    );
    expect(updates.map(({ commit, places }) => [commit, places.map(({ distribution }) => distribution)])).toEqual([
      ["a".repeat(40), ["vm-bookworm"]],
      ["b".repeat(40), ["host-fc41"]],
    ]);
    expect(conflicts).toEqual(["core-admin v4.3.12 (r4.3): 2 commits have this version; each is shown by itself"]);
  });

  it("has a build qube speak once: of two parts of it, the newer counts whatever their order", () => {
    const before = statusWith([updateWith(), updateWith({ name: "gone" })]);
    const now = statusWith([updateWith({ places: [placeWith({ state: "current", repository: "current" })] })], {
      generatedAt: "2026-11-23T13:00:00Z",
    });
    for (const parts of [[before, now] as const, [now, before] as const]) {
      const { updates, conflicts, environments } = combined(...parts);
      expect(updates.map(({ name, places }) => [name, places.map(({ state }) => state)])).toEqual([
        ["core-admin", ["current"]],
      ]);
      expect(environments).toEqual(["build-debian"]);
      expect(conflicts).toEqual(["build-debian: two parts speak for it; the newer counts"]);
    }
  });

  it("has each distribution once: what stands in a repository counts, and it says who else spoke of it", () => {
    const failed = placeWith({ environment: "build-x", state: "failed", repository: null, since: null });
    const one = statusWith([updateWith({ places: [failed] })], {
      environments: ["build-x"],
      generatedAt: "2026-11-23T13:00:00Z",
    });
    const { updates, conflicts } = combined(one, statusWith([updateWith()]));
    expect(updates[0]?.places).toEqual([placeWith()]);
    expect(conflicts).toEqual([
      "core-admin v4.3.12 (r4.3) for vm-bookworm: build-x and build-debian speak of it; build-debian counts",
    ]);
  });

  it("is refused where the parts report to different places", () => {
    for (const parts of [{ reportRepository: "x/y" }, { logsRepository: "x/y" }, { logsBranch: "other" }]) {
      expect(combineStatus([statusWith([]), statusWith([], parts)])).toEqual({
        ok: false,
        error: expect.stringMatching(/^the parts report to different repositories: issues in /),
      });
    }
  });
});
