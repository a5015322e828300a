import { describe, expect, it } from "vitest";
import { compareVersions } from "../../src/domain/index.ts";
import { planCleanup, type StandingFact } from "../../src/report/index.ts";
import { parseStatusTitle } from "../../src/report/status-title.ts";

const issue = (number: number, title: string, ...labels: string[]) => ({ number, title, labels });
const fact = (place: string, where: "testing" | "stable", version: string): StandingFact => ({
  release: "r4.3",
  name: "core-admin",
  place,
  where,
  version,
});
const old = "core-admin v4.3.11 (r4.3)";
const later = "core-admin v4.3.12 (r4.3)";

describe("the clean-up closes", () => {
  it("a version that is in stable for each of its distributions", () => {
    const done = issue(1, old, "r4.3-stable", "r4.3-host-stable", "r4.3-vm-bookworm-stable");
    expect(planCleanup([done], [fact("host", "stable", "4.3.11-1")])).toEqual([
      { issue: 1, title: old, why: { kind: "stable" } },
    ]);
  });

  it("a version that a later one replaces in each distribution where it was not stable, and says which", () => {
    const issues = [
      issue(1, old, "r4.3-host-stable", "r4.3-stable", "r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-failed"),
      issue(2, later, "r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-cur-test"),
      issue(3, "core-admin v4.3.13 (r4.3)", "r4.3-vm-bookworm-building"),
    ];
    expect(planCleanup(issues, [])).toEqual([{ issue: 1, title: old, why: { kind: "superseded", by: 2 } }]);
  });

  it("a template and an image that a later build replaces", () => {
    const issues = [
      issue(1, "qubes-template-fedora-42 4.3.0-202501010000 (r4.3)", "r4.3-testing"),
      issue(2, "qubes-template-fedora-42 4.3.0-202502010000 (r4.3)", "r4.3-testing"),
      issue(3, "iso 4.3.0-rc1 (r4.3)", "r4.3-testing"),
      issue(4, "iso 4.3.0 (r4.3)", "r4.3-testing"),
    ];
    expect(planCleanup(issues, []).map(({ issue, why }) => [issue, why])).toEqual([
      [1, { kind: "superseded", by: 2 }],
      [3, { kind: "superseded", by: 4 }],
    ]);
  });
});

describe("the clean-up leaves open", () => {
  it.each([
    ["a distribution is in testing only", ["r4.3-host-stable", "r4.3-stable", "r4.3-vm-bookworm-cur-test"], []],
    ["a distribution has failed", ["r4.3-host-stable", "r4.3-stable", "r4.3-vm-fc42-failed"], []],
    ["nothing has been said yet", [], []],
    ["labels are not ours", ["buggy", "r4.2-host-stable"], []],
    ["a label says stable, and our records say otherwise", ["r4.3-host-stable"], [fact("host", "stable", "4.3.10-1")]],
    ["a label has two states", ["r4.3-host-stable", "r4.3-host-building"], []],
  ] as const)("a version of which %s", (_, labels, standing) => {
    expect(planCleanup([issue(1, old, ...labels)], standing)).toEqual([]);
  });

  it.each([
    ["lacks one of its distributions", ["r4.3-vm-bookworm-cur-test"], []],
    ["has only been built there", ["r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-building"], []],
    ["has failed there", ["r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-failed"], []],
    [
      "is not what our repositories hold",
      ["r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-cur-test"],
      [fact("vm-fc42", "testing", "4.3.11-1")],
    ],
  ] as const)("an update that is still needed: the later version %s", (_, labels, standing) => {
    const issues = [issue(1, old, "r4.3-vm-bookworm-cur-test", "r4.3-vm-fc42-cur-test"), issue(2, later, ...labels)];
    expect(planCleanup(issues, standing)).toEqual([]);
  });

  it("what another component, another release or an earlier version would replace", () => {
    const others = ["core-agent v9 (r4.3)", "core-admin v9 (r4.2)", "core-admin v4.3.2 (r4.3)", "a stranger's title"];
    const issues = [
      issue(1, old, "r4.3-host-cur-test"),
      ...others.map((title, at) => issue(at + 2, title, "r4.3-host-cur-test")),
    ];
    expect(planCleanup(issues, []).filter(({ issue }) => issue === 1)).toEqual([]);
  });
});

describe("titles and versions", () => {
  it("are read back as they were written, and no others", () => {
    expect(parseStatusTitle(old)).toEqual({
      kind: "component",
      name: "core-admin",
      version: "v4.3.11",
      release: "r4.3",
    });
    expect(parseStatusTitle("iso 4.3.0-rc1 (r4.3)")).toMatchObject({ kind: "iso", version: "4.3.0-rc1" });
    expect(parseStatusTitle("Duplicate of #1: core-admin v4.3.11 (r4.3)")).toBeNull();
  });

  it("are ordered as people order them", () => {
    const ordered = ["v4.2.9", "v4.3.0-rc1", "v4.3.0-rc2", "v4.3.0", "v4.3.0-1", "v4.3.2", "v4.3.11", "4.3.12"];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  });
});
