import { describe, expect, it } from "vitest";
import { type Evidence, faultsIn } from "../../src/lab/story/evidence.ts";

const seen = (version: string, file: string | null) => ({ refreshed: true, versions: [version], file, said: "" });
const unseen = { refreshed: false, versions: [], file: null, said: "there is no such repository" };
const good: Evidence = {
  version: "1.0.0",
  title: "demo-hello v1.0.0 (r4.3)",
  labels: ["r4.3-stable", "r4.3-host-stable"],
  promoted: { dnf: seen("1.0.0-1.fc41", "/d.rpm"), apt: seen("1.0.0+deb12u1", "/d.deb") },
  young: { dnf: unseen, apt: unseen },
  rpms: { testing: new Map([["d.rpm", "aa"]]), current: new Map([["d.rpm", "aa"]]) },
  deb: { fetched: "bb", pool: ["bb"] },
  logs: { commits: 17, unsigned: [] },
  issues: [{ number: 1, title: "demo-hello v1.0.0 (r4.3)", labels: ["r4.3-host-stable", "r4.3-stable"] }],
};

describe("the evidence of a run", () => {
  it("has no fault where everything was found", () => {
    expect(faultsIn(good)).toEqual([]);
  });

  const spoiled: Readonly<Record<string, readonly [Partial<Evidence>, RegExp]>> = {
    "dnf refused the metadata": [{ promoted: { ...good.promoted, dnf: unseen } }, /dnf cannot use current/],
    "apt sees another version": [{ promoted: { ...good.promoted, apt: seen("0.9", "/d") } }, /apt sees \[0\.9\]/],
    "the package could not be fetched": [
      { promoted: { ...good.promoted, dnf: seen("1.0.0-1", null) } },
      /dnf could not fetch/,
    ],
    "what is too young can be seen": [{ young: { dnf: unseen, apt: seen("1.0.0", null) } }, /too young/],
    "current holds no rpm": [{ rpms: { ...good.rpms, current: new Map() } }, /current holds no rpm/],
    "another rpm was promoted than was tested": [
      { rpms: { ...good.rpms, current: new Map([["d.rpm", "cc"]]) } },
      /d\.rpm in current is not what stood in testing/,
    ],
    "apt fetched another package than the pool's": [{ deb: { fetched: "bb", pool: ["cc"] } }, /apt did not fetch/],
    "there are no logs": [{ logs: { commits: 0, unsigned: [] } }, /logs repository is empty/],
    "a log is not signed": [{ logs: { commits: 2, unsigned: ["abc"] } }, /commit abc of the logs is not signed/],
    "a label is missing": [
      { issues: [{ number: 1, title: good.title, labels: ["r4.3-stable"] }] },
      /lacks the label r4\.3-host-stable/,
    ],
    "there is no status issue": [{ issues: [] }, /lacks the label r4\.3-stable/],
  };

  it.each(Object.entries(spoiled))("is not enough where %s", (_name, [part, fault]) => {
    expect(faultsIn({ ...good, ...part }).join("\n")).toMatch(fault);
  });
});
