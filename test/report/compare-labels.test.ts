import { describe, expect, it } from "vitest";
import { parseComponentRepository, parseTemplateRepository } from "../../src/domain/index.ts";
import { compareLabels, type PlacedVersion } from "../../src/report/index.ts";

/** `core-admin 4.3.12-1 host current-testing`; a template's place is `-`. */
function standing(...lines: string[]): PlacedVersion[] {
  return lines.map((line) => {
    const [name = "", version = "", place = "", untrusted = ""] = line.split(" ");
    const repository = parseComponentRepository(untrusted) ?? parseTemplateRepository(untrusted);
    if (repository === null) throw new Error(`${untrusted} is no repository`);
    return { release: "r4.3", name, version, place: place === "-" ? "" : place, repository };
  });
}

const issue = (labels: string[], title = "core-admin v4.3.12 (r4.3)") => ({ number: 7, title, labels });

const testing = "core-admin 4.3.12-1 host current-testing";
const stable = "core-admin 4.3.12-1 host current";

describe("labels beside what stands", () => {
  it.each([
    ["in testing, and labelled so", [testing], ["r4.3-host-cur-test"]],
    ["promoted: the copy in testing has no label any more", [testing, stable], ["r4.3-host-stable", "r4.3-stable"]],
    ["in security-testing", ["core-admin 4.3.12-1 host security-testing"], ["r4.3-host-sec-test"]],
    ["in unstable, which has no label", ["core-admin 4.3.12-1 host unstable"], []],
    ["of another build qube's distribution", [testing], ["r4.3-host-cur-test", "r4.3-vm-bookworm-stable"]],
    ["of another release", [testing], ["r4.3-host-cur-test", "r4.2-host-stable"]],
    [
      "building, failed, buggy: not the repositories' business",
      [testing],
      ["r4.3-host-cur-test", "r4.3-host-failed", "buggy"],
    ],
    [
      "a later version has taken the place",
      ["core-admin 4.3.13-1 host current", "core-admin 4.3.13-1 host current-testing"],
      ["r4.3-host-stable", "r4.3-stable"],
    ],
    ["superseded in testing", ["core-admin 4.3.13-1 host current-testing"], ["r4.3-host-cur-test"]],
  ])("agree: %s", (_, facts, labels) => {
    expect(compareLabels([issue(labels)], standing(...facts))).toEqual([]);
  });

  it.each([
    ["a lost label", [testing], [], ["r4.3-host-cur-test"], []],
    [
      "a lost promotion",
      [testing, stable],
      ["r4.3-host-cur-test"],
      ["r4.3-host-stable", "r4.3-stable"],
      ["r4.3-host-cur-test"],
    ],
    [
      "withdrawn from current",
      [testing],
      ["r4.3-host-stable", "r4.3-stable"],
      ["r4.3-host-cur-test"],
      ["r4.3-host-stable"],
    ],
    [
      "withdrawn from everywhere",
      ["other 1.0-1 host current"],
      ["r4.3-host-cur-test", "r4.3-host-stable"],
      [],
      ["r4.3-host-cur-test", "r4.3-host-stable"],
    ],
    [
      "several distributions",
      [testing, "core-admin 4.3.12-1 vm-bookworm current"],
      [],
      ["r4.3-host-cur-test", "r4.3-vm-bookworm-stable", "r4.3-stable"],
      [],
    ],
  ])("differ: %s", (_, facts, labels, add, remove) => {
    expect(compareLabels([issue(labels)], standing(...facts))).toEqual([
      { issue: 7, title: "core-admin v4.3.12 (r4.3)", change: { add, remove } },
    ]);
  });

  it("judge a template by its release's labels, and no ISO, nor an issue of another kind", () => {
    const facts = standing("debian-13 4.3.0-202608010000 - templates-itl");
    const template = "qubes-template-debian-13 4.3.0-202608010000 (r4.3)";
    expect(compareLabels([issue(["r4.3-testing"], template)], facts)).toEqual([
      { issue: 7, title: template, change: { add: ["r4.3-stable"], remove: ["r4.3-testing"] } },
    ]);
    expect(compareLabels([issue([], "iso 4.3.0 (r4.3)"), issue([], "How do I …?")], facts)).toEqual([]);
  });
});
