import { describe, expect, it } from "vitest";
import type { Subject } from "../../src/domain/index.ts";
import { foldLabels, labelChange } from "../../src/report/index.ts";
import { host, statusReport } from "../support/github-reports.ts";

const template = {
  kind: "template",
  release: "r4.3",
  template: "debian-13-xfce",
  version: "4.3.0-202508191723",
} as Subject;
const iso = { kind: "iso", release: "r4.3", version: "4.3.0-rc1" } as Subject;

function change(type: Parameters<typeof statusReport>[0]["type"], rest: Readonly<Record<string, unknown>> = {}) {
  return labelChange(statusReport({ type, id: "e", ...rest }).event);
}

describe("labels", () => {
  it.each([
    ["building", {}, ["r4.3-vm-bookworm-building"], ["r4.3-vm-bookworm-failed"]],
    ["built", {}, [], ["r4.3-vm-bookworm-failed", "r4.3-vm-bookworm-building"]],
    ["failed", {}, ["r4.3-vm-bookworm-failed"], ["r4.3-vm-bookworm-building"]],
    ["uploaded", {}, ["r4.3-vm-bookworm-cur-test"], ["r4.3-vm-bookworm-failed", "r4.3-vm-bookworm-building"]],
    ["uploaded", { repository: "security-testing" }, ["r4.3-vm-bookworm-sec-test"], ["r4.3-vm-bookworm-building"]],
    ["uploaded", { repository: "unstable" }, [], ["r4.3-vm-bookworm-failed", "r4.3-vm-bookworm-building"]],
    [
      "uploaded",
      { repository: "current" },
      ["r4.3-vm-bookworm-stable", "r4.3-stable"],
      [
        "r4.3-vm-bookworm-failed",
        "r4.3-vm-bookworm-building",
        "r4.3-vm-bookworm-cur-test",
        "r4.3-vm-bookworm-sec-test",
      ],
    ],
    ["upload-failed", {}, ["r4.3-vm-bookworm-upload-failed"], ["r4.3-vm-bookworm-building"]],
    ["uploaded", {}, ["r4.3-vm-bookworm-cur-test"], ["r4.3-vm-bookworm-upload-failed"]],
    ["building", { distribution: host }, ["r4.3-host-building"], ["r4.3-host-failed"]],
    ["withdrawn", { repository: "current" }, [], ["r4.3-vm-bookworm-stable"]],
  ] as const)("of %s %o are put on and taken off as the table says", (type, rest, added, removed) => {
    const { add, remove } = change(type, rest);
    expect(add).toEqual(added);
    expect(remove).toEqual(expect.arrayContaining([...removed]));
  });

  it("of templates and images carry the release alone", () => {
    const one = { subject: template, distribution: null };
    expect(change("building", one)).toEqual({ add: ["r4.3-building"], remove: ["r4.3-failed"] });
    expect(change("uploaded", { ...one, repository: "templates-itl-testing" }).add).toEqual(["r4.3-testing"]);
    const stable = change("uploaded", { ...one, repository: "templates-community" });
    expect(stable.add).toEqual(["r4.3-stable"]);
    expect(stable.remove).toEqual(expect.arrayContaining(["r4.3-testing", "r4.3-failed", "r4.3-building"]));
    expect(change("uploaded", { subject: iso, distribution: null, repository: "iso-testing" }).add).toEqual([
      "r4.3-testing",
    ]);
  });

  it("of one distribution leave the others' alone, stable ones of a withdrawn version too", () => {
    const touched = (["building", "built", "failed", "uploaded", "upload-failed", "withdrawn"] as const).flatMap(
      (type) => {
        const { add, remove } = change(type, { repository: "current-testing" });
        return [...add, ...remove];
      },
    );
    for (const label of touched) expect(label).toMatch(/^r4\.3-(?:vm-bookworm-|failed$)/);
    expect(change("withdrawn", { repository: "current" }).remove).not.toContain("r4.3-stable");
  });

  it("of events that are told together are what the last of them says", () => {
    const folded = foldLabels([
      change("building"),
      change("failed"),
      change("building"),
      change("built"),
      change("uploaded"),
    ]);
    expect(folded.add).toEqual(["r4.3-vm-bookworm-cur-test"]);
    expect(folded.remove).toEqual(expect.arrayContaining(["r4.3-vm-bookworm-building", "r4.3-vm-bookworm-failed"]));
    for (const label of folded.add) expect(folded.remove).not.toContain(label);
  });
});
