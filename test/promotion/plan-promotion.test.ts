import { describe, expect, it } from "vitest";
import {
  type DistributionName,
  parseCommitSha,
  parseComponentName,
  parseDistributionName,
  parseFingerprint,
  parseRelease,
  parseSha256,
  type RepositoryName,
  type Sha256,
} from "../../src/domain/index.ts";
import {
  type BuildFact,
  type DistributionFacts,
  type DistributionPlan,
  draftPromotion,
  type FileEvidence,
  type ListedPackage,
  type PromotionQuestion,
  planPromotion,
  type TestingFact,
} from "../../src/promotion/index.ts";

function known<T>(value: T | null): T {
  if (value === null) throw new Error("a name of the test does not parse");
  return value;
}

const commit = (digit: string) => known(parseCommitSha(digit.repeat(40)));
const sha = (digit: string): Sha256 => known(parseSha256(digit.repeat(64)));
const key = known(parseFingerprint("A".repeat(40)));
const published = new Date("2026-11-20T10:00:00Z");

function build(digit: string, more: Partial<BuildFact> = {}): BuildFact {
  return {
    spec: "alpha",
    version: `${digit}.0-1`,
    commit: commit(digit),
    files: [{ name: `alpha-${digit}.rpm`, sha256: sha(digit) }],
    publications: [{ repository: "current-testing", minute: published, moment: published }],
    ...more,
  };
}

function listed(digit: string, more: Partial<ListedPackage> = {}): ListedPackage {
  const file = `alpha-${digit}.rpm`;
  return { name: "alpha", arch: "x86_64", version: digit, file, files: [{ file, sha256: sha(digit) }], ...more };
}

function testing(packages: readonly ListedPackage[], more: Partial<TestingFact> = {}): TestingFact {
  return { repository: "current-testing", signature: null, packages, unlisted: [], ...more };
}

function facts(more: Partial<DistributionFacts> = {}): DistributionFacts {
  const compare = (a: string, b: string): number => Number(a) - Number(b);
  return { type: "rpm", builds: [build("2")], testing: [testing([listed("2")])], target: [], compare, ...more };
}

function question(more: Partial<PromotionQuestion> = {}): PromotionQuestion {
  return {
    release: known(parseRelease("r4.3")),
    subject: { kind: "component", component: known(parseComponentName("alpha")), commit: commit("2") },
    to: "current",
    from: ["current-testing", "security-testing"],
    dist: "host-fc41",
    holds: new Set<DistributionName>(),
    buggy: false,
    minAgeDays: 5,
    now: new Date("2026-11-25T10:00:00Z"),
    ...more,
  };
}

const good: readonly FileEvidence[] = [{ file: "alpha-2.rpm", sha256: sha("2"), signature: null }];

function plan(asked: PromotionQuestion, found: DistributionFacts, evidence = good): DistributionPlan {
  const draft = draftPromotion(asked, found, key);
  return draft.kind === "refused" ? draft.plan : planPromotion(asked, found, key, draft.selection, evidence);
}

const later = new Date("2026-11-21T10:00:00Z");
const dist = known(parseDistributionName("host-fc41"));

describe("a promotion to current", () => {
  it("moves exactly the files of the build, by their hashes, after five days to the minute", () => {
    const made = plan(question(), facts());
    expect(made.refused).toBeUndefined();
    expect(made.moves).toEqual([{ file: "alpha-2.rpm", sha256: sha("2") }]);
    expect(made.from).toBe("current-testing");
  });

  it("has the same digest when it is planned again, and another for another outcome", () => {
    const first = plan(question(), facts());
    const rehearsed = plan(question({ now: new Date("2026-12-01T00:00:00Z") }), facts());
    const older = plan(question(), facts({ target: [listed("1")] }));
    expect(rehearsed.digest).toBe(first.digest);
    expect(older.digest).not.toBe(first.digest);
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is too young a minute earlier, and says from when on it may go", () => {
    const refused = plan(question({ now: new Date("2026-11-25T09:59:59Z") }), facts()).refused;
    expect(refused?.code).toBe("TOO_YOUNG");
    expect(refused?.message).toBe(
      "in current-testing since 2026-11-20 10:00 UTC; may go to current from 2026-11-25 10:00 UTC",
    );
  });

  it("counts its age from the latest publication to any testing repository", () => {
    const again = { repository: "security-testing" as RepositoryName, minute: later, moment: later };
    const twice = build("2", { publications: [...build("2").publications, again] });
    expect(plan(question(), facts({ builds: [twice] })).refused?.code).toBe("TOO_YOUNG");
    expect(
      plan(question({ now: new Date("2026-11-26T10:00:00Z") }), facts({ builds: [twice] })).refused,
    ).toBeUndefined();
  });

  it("takes of a commit that was built again under another version the one that was published last", () => {
    const again = { repository: "current-testing" as RepositoryName, minute: later, moment: later };
    const rebuilt = build("3", { commit: commit("2"), publications: [again] });
    const found = facts({ builds: [build("2"), rebuilt], testing: [testing([listed("3")])] });
    const evidence = [{ file: "alpha-3.rpm", sha256: sha("3"), signature: null }];
    const made = plan(question({ now: new Date("2026-11-27T10:00:00Z") }), found, evidence);
    expect(made).toMatchObject({ versions: ["3.0-1"], moves: [{ file: "alpha-3.rpm" }] });
    expect(made.refused).toBeUndefined();
  });

  it("takes a source package whole, though its record names but one file of it", () => {
    const [dsc, tar] = [
      { file: "alpha_2.dsc", sha256: sha("4") },
      { file: "alpha_2.tar.xz", sha256: sha("5") },
    ];
    const source = { name: "alpha", arch: "source", version: "2", file: dsc.file, files: [dsc, tar] };
    const named = build("2", { files: [{ name: dsc.file, sha256: null }] });
    const found = facts({ type: "deb", builds: [named], testing: [testing([source])] });
    const evidence = [dsc, tar].map((file) => ({ ...file, signature: null }));
    expect(plan(question(), found, evidence)).toMatchObject({ moves: [dsc, tar] });
  });

  it("looks in vain for no buildinfo that is only named, and for one that was recorded", () => {
    const withBuildinfo = (sha256: Sha256 | null): DistributionPlan => {
      const files = [...build("2").files, { name: "alpha-2.buildinfo", sha256 }];
      return plan(question(), facts({ builds: [build("2", { files })] }));
    };
    expect(withBuildinfo(null).refused).toBeUndefined();
    expect(withBuildinfo(sha("6")).refused?.code).toBe("NOT_IN_TESTING");
  });

  it("may come from security-testing alone", () => {
    const only = build("2", {
      publications: [{ repository: "security-testing", minute: published, moment: published }],
    });
    const found = facts({
      builds: [only],
      testing: [testing([]), testing([listed("2")], { repository: "security-testing" })],
    });
    expect(plan(question(), found).from).toBe("security-testing");
  });

  it.each<[string, Partial<PromotionQuestion>, Partial<DistributionFacts>, readonly FileEvidence[], string]>([
    ["a signed hold lies on it", { holds: new Set([dist]) }, {}, good, "HELD"],
    ["it is labelled buggy", { buggy: true }, {}, good, "BUGGY"],
    ["the component has nothing for the distribution", {}, { builds: [] }, good, "NOT_IN_TESTING"],
    ["it was never published to testing", {}, { builds: [build("2", { publications: [] })] }, good, "NOT_IN_TESTING"],
    ["its files are gone from testing", {}, { testing: [testing([])] }, good, "NOT_IN_TESTING"],
    [
      "another spec file of the version was not published",
      {},
      { builds: [build("2"), build("2", { spec: "beta", publications: [] })] },
      good,
      "NOT_IN_TESTING",
    ],
    [
      "testing lists another file than was recorded",
      {},
      { testing: [testing([listed("2", { files: [{ file: "alpha-2.rpm", sha256: sha("9") }] })])] },
      good,
      "PACKAGE_CHANGED",
    ],
    [
      "the file was changed on the disk",
      {},
      {},
      [{ file: "alpha-2.rpm", sha256: sha("9"), signature: null }],
      "PACKAGE_CHANGED",
    ],
    [
      "the file is gone from the disk",
      {},
      {},
      [{ file: "alpha-2.rpm", sha256: null, signature: null }],
      "PACKAGE_CHANGED",
    ],
    ["nobody looked at the file", {}, {}, [], "PACKAGE_CHANGED"],
    [
      "the package's signature is not the key's",
      {},
      {},
      [{ file: "alpha-2.rpm", sha256: sha("2"), signature: "NOKEY" }],
      "PACKAGE_SIGNATURE_INVALID",
    ],
    [
      "testing's metadata is not signed by the key",
      {},
      { testing: [testing([listed("2")], { signature: "it is signed by another key" })] },
      good,
      "PACKAGE_SIGNATURE_INVALID",
    ],
    ["the target has all of it", {}, { target: [listed("2")] }, good, "ALREADY_PUBLISHED"],
    ["the target has a newer one", {}, { target: [listed("3")] }, good, "SUPERSEDED"],
    [
      "the target has another file of that name",
      {},
      { target: [listed("2", { files: [{ file: "alpha-2.rpm", sha256: sha("9") }] })] },
      good,
      "PACKAGE_CHANGED",
    ],
  ])("is refused where %s", (_, asked, found, evidence, code) => {
    expect(plan(question(asked), facts(found), evidence).refused?.code).toBe(code);
  });

  it("is refused for a commit that no longer stands, with the very command to sign instead", () => {
    const newer = build("3", { publications: [{ repository: "current-testing", minute: later, moment: later }] });
    const refused = plan(question(), facts({ builds: [build("2"), newer] })).refused;
    expect(refused?.code).toBe("STALE_COMMIT");
    expect(refused?.message).toContain(commit("3"));
    expect(refused?.remedy).toContain(`Upload-component r4.3 alpha ${commit("3")} current host-fc41`);
  });

  it("takes only what the target lacks where a part stands there already", () => {
    const two = [
      listed("2"),
      listed("2", { name: "alpha-doc", file: "doc-2.rpm", files: [{ file: "doc-2.rpm", sha256: sha("d") }] }),
    ];
    const files = [
      { name: "alpha-2.rpm", sha256: sha("2") },
      { name: "doc-2.rpm", sha256: sha("d") },
    ];
    const found = facts({ builds: [build("2", { files })], testing: [testing(two)], target: [listed("2")] });
    const evidence: FileEvidence[] = [{ file: "doc-2.rpm", sha256: sha("d"), signature: null }];
    expect(plan(question(), found, evidence).moves).toEqual([{ file: "doc-2.rpm", sha256: sha("d") }]);
  });
});

describe("a promotion to security-testing", () => {
  it("asks for no age and no label, but for no hold", () => {
    const asked = { to: "security-testing", from: ["current-testing"], buggy: true, now: published } as const;
    expect(plan(question(asked), facts()).refused).toBeUndefined();
    expect(plan(question({ ...asked, holds: new Set([dist]) }), facts()).refused?.code).toBe("HELD");
  });
});
