import { describe, expect, it } from "vitest";
import { refusal } from "../../src/domain/index.ts";
import type { Move } from "../../src/promotion/index.ts";
import {
  compareShadow,
  type Deed,
  differencesOf,
  isDifference,
  missingOf,
  type RefusedLine,
  type Rehearsal,
  type RehearsedPlace,
  renderComparisons,
  type SeenIssue,
  summarize,
} from "../../src/shadow/index.ts";
import { cpuMilliseconds } from "../support/cpu-time.ts";

const commit = "a".repeat(40);
const decided = new Date("2026-11-20T10:00:30Z");
const later = (hours: number): Date => new Date(decided.getTime() + hours * 3_600_000);
const move = (file: string, digit = "1"): Move => ({ file, sha256: digit.repeat(64) }) as Move;
const rpm = move("hello-1.0-1.fc41.noarch.rpm");

const place = (change: Partial<RehearsedPlace> = {}): RehearsedPlace => ({
  dist: "host-fc41",
  verdict: "would",
  refusal: null,
  reason: "",
  plan: "f".repeat(64),
  files: [rpm],
  moved: null,
  ...change,
});
const rehearsal = (change: Partial<Rehearsal> = {}): Rehearsal =>
  ({
    key: "k",
    mode: "look",
    decidedAt: decided.toISOString(),
    asOf: decided.toISOString(),
    asked: {
      kind: "command",
      trace: "0123456789ab",
      signer: "S",
      signedAt: decided.toISOString(),
      line: "Upload-component",
    },
    action: "promote",
    release: "r4.3",
    kind: "component",
    name: "hello",
    version: commit,
    title: "hello v1.0 (r4.3)",
    repository: "current",
    refusal: null,
    places: [place()],
    ...change,
  }) as Rehearsal;
const deed = (change: Partial<Deed> = {}): Deed =>
  ({
    release: "r4.3",
    kind: "component",
    name: "hello",
    commit,
    version: "1.0-1",
    dist: "host-fc41",
    repository: "current",
    at: new Date("2026-11-20T10:00:00Z"),
    recorded: 1,
    standing: [rpm],
    records: ["/artifacts/hello.publish.yml"],
    ...change,
  }) as Deed;
const young = refusal("TOO_YOUNG", "host-fc41", "in current-testing since 2026-11-19 10:00 UTC");
const refused = place({ verdict: "refused", refusal: young, reason: `TOO_YOUNG: ${young.message}`, files: [] });
const labelled = (...labels: string[]): ReadonlyMap<string, SeenIssue> =>
  new Map([["hello v1.0 (r4.3)", { number: 7, labels }]]);
const good = labelled("r4.3-host-stable", "r4.3-stable");

function compare(facts: {
  readonly rehearsals?: readonly Rehearsal[];
  readonly deeds?: readonly Deed[];
  readonly refused?: readonly RefusedLine[];
  readonly issues?: ReadonlyMap<string, SeenIssue> | null;
  readonly now?: Date;
}) {
  return compareShadow({
    rehearsals: [],
    deeds: [],
    refused: [],
    issues: good,
    since: new Date("2026-11-01T00:00:00Z"),
    now: later(240),
    ...facts,
  });
}
const outcome = (facts: Parameters<typeof compare>[0]): string =>
  compare(facts)
    .map((one) => one.outcome)
    .join(", ");

describe("what would have been done, held against what was done", () => {
  it.each([
    ["both promoted it", { rehearsals: [rehearsal()], deeds: [deed()] }, "same"],
    ["both left it", { rehearsals: [rehearsal({ places: [refused] })] }, "same"],
    [
      "it was promoted, and we refuse it",
      { rehearsals: [rehearsal({ places: [refused] })], deeds: [deed()] },
      "would have refused",
    ],
    ["we would have, and it was not", { rehearsals: [rehearsal()] }, "not done"],
    ["we would have, an hour ago", { rehearsals: [rehearsal()], now: later(1) }, "too early"],
    [
      "other bytes moved",
      { rehearsals: [rehearsal()], deeds: [deed({ standing: [move(rpm.file, "2")] })] },
      "done differently",
    ],
    [
      "more moved",
      { rehearsals: [rehearsal()], deeds: [deed({ standing: [rpm, move("other.rpm")] })] },
      "done differently",
    ],
    [
      "what moved has had to go for a later one",
      {
        rehearsals: [rehearsal()],
        deeds: [deed({ standing: [] }), deed({ commit: "b".repeat(40) as never, at: later(239.5) })],
      },
      "same, too early",
    ],
    [
      "its record says so, and the repository does not list it",
      { rehearsals: [rehearsal()], deeds: [deed({ standing: [] })] },
      "done differently",
    ],
    ["its record names no files", { rehearsals: [rehearsal()], deeds: [deed({ standing: [], recorded: 0 })] }, "same"],
    [
      "a label is missing",
      { rehearsals: [rehearsal()], deeds: [deed()], issues: labelled("r4.3-stable") },
      "done differently",
    ],
    [
      "a label was left",
      {
        rehearsals: [rehearsal()],
        deeds: [deed()],
        issues: labelled("r4.3-host-stable", "r4.3-stable", "r4.3-host-cur-test"),
      },
      "done differently",
    ],
    ["there is no status issue", { rehearsals: [rehearsal()], deeds: [deed()], issues: new Map() }, "done differently"],
    ["GitHub could not be asked", { rehearsals: [rehearsal()], deeds: [deed()], issues: null }, "same"],
    ["nobody asked for it", { deeds: [deed()] }, "nobody asked"],
    ["it was done before anybody looked", { deeds: [deed({ at: new Date("2026-10-01T00:00:00Z") })] }, ""],
    ["it was done a moment ago, and the poll is still to come", { deeds: [deed()], now: later(0.1) }, "too early"],
    [
      "another commit was promoted",
      { rehearsals: [rehearsal()], deeds: [deed({ commit: "b".repeat(40) as never })] },
      "not done, nobody asked",
    ],
    [
      "it was promoted before the command",
      { rehearsals: [rehearsal()], deeds: [deed({ at: new Date("2026-11-20T09:59:00Z") })] },
      "not done, nobody asked",
    ],
    [
      "the records tell no commit, but the version",
      { rehearsals: [rehearsal()], deeds: [deed({ commit: null })] },
      "same",
    ],
    [
      "the records tell no commit, and another version",
      { rehearsals: [rehearsal()], deeds: [deed({ commit: null, version: "1.1-1" })] },
      "not done, nobody asked",
    ],
  ] as const)("says of it where %s", (_what, facts, said) => {
    expect(outcome(facts)).toBe(said);
  });

  it("takes a deed within the time for explained by what was asked for before it, and compares that no more", () => {
    const since = later(1);
    const facts = { refused: [], issues: good, now: later(240), rehearsals: [rehearsal()] };
    expect(compareShadow({ ...facts, since, deeds: [deed({ at: later(2) })] })).toEqual([]);
    expect(compareShadow({ ...facts, since, rehearsals: [], deeds: [deed({ at: later(2) })] })).toMatchObject([
      { outcome: "nobody asked" },
    ]);
  });

  it("shows why, and where to look", () => {
    const [one] = compare({ rehearsals: [rehearsal({ places: [refused] })], deeds: [deed()] });
    expect(one).toMatchObject({
      ours: "would have refused it: TOO_YOUNG",
      theirs: "published 1.0-1 to current at 2026-11-20 10:00 UTC",
      why: [`TOO_YOUNG: ${young.message}`],
      where: [
        "command 0123456789ab: Upload-component",
        `plan ${"f".repeat(12)}`,
        "issue #7",
        "/artifacts/hello.publish.yml",
      ],
    });
  });

  it("judges a template by its version, and takes the whole line where it was refused before a plan", () => {
    const all = place({
      dist: "all",
      verdict: "refused",
      refusal: young,
      reason: "OUT_OF_ORDER: x",
      plan: null,
      files: [],
    });
    const template = { kind: "template", name: "debian-13", version: "4.3.0-202611201000", title: null } as const;
    const promoted = deed({
      kind: "template",
      name: "debian-13",
      dist: "debian-13",
      version: template.version,
      commit: null,
      repository: "templates-itl",
    });
    const asked = rehearsal({ ...template, repository: "templates-itl", places: [all] } as never);
    expect(outcome({ rehearsals: [asked], deeds: [promoted] })).toBe("would have refused");
  });
});

describe("a build", () => {
  const build = (change: Partial<Rehearsal> = {}): Rehearsal =>
    rehearsal({
      action: "build",
      repository: "current-testing",
      asked: { kind: "push" },
      places: [place({ files: [] })],
      ...change,
    });
  const published = deed({ repository: "current-testing", at: new Date("2026-11-10T00:00:00Z") });
  const inTesting = labelled("r4.3-host-cur-test");

  it.each([
    [
      "it stands in testing, whenever that was",
      { rehearsals: [build()], deeds: [published], issues: inTesting },
      "same",
    ],
    ["it has gone on to stable since", { rehearsals: [build()], deeds: [published], issues: good }, "same"],
    ["it failed there: both tried", { rehearsals: [build()], issues: labelled("r4.3-host-failed") }, "same"],
    ["it was not built", { rehearsals: [build()], issues: labelled() }, "not done"],
    ["it still builds", { rehearsals: [build()], issues: labelled("r4.3-host-building"), now: later(20) }, "too early"],
    [
      "its source does not verify here, and it was built there",
      {
        rehearsals: [build({ places: [place({ dist: "all", verdict: "refused", reason: "tag v1.0 is not signed" })] })],
        deeds: [published],
      },
      "would have refused",
    ],
    [
      "there is nothing to build, and it was built",
      { rehearsals: [build({ places: [place({ verdict: "skipped", reason: "no packages" })] })], deeds: [published] },
      "would have refused",
    ],
    [
      "a later commit was built instead",
      {
        rehearsals: [build()],
        issues: labelled(),
        deeds: [{ ...published, commit: "b".repeat(40) as never, at: later(230) }],
      },
      "same, too early",
    ],
    ["nobody pushed", { deeds: [published] }, "nobody asked"],
    [
      "nobody pushed yet, and tags are looked for once a day",
      { deeds: [{ ...published, at: later(230) }] },
      "too early",
    ],
  ] as const)("says of it where %s", (_what, facts, said) => {
    expect(outcome(facts)).toBe(said);
  });
});

describe("what was refused before it came to a plan", () => {
  const line = (change: Partial<RefusedLine> = {}): RefusedLine => ({
    key: "k",
    at: decided.toISOString(),
    trace: "0123456789ab",
    signer: "S" as never,
    untrustedText: `Upload-component r4.3 hello ${commit} current all`,
    refusal: refusal("NOT_GRANTED", "hello", "the signer may not"),
    ...change,
  });

  it("is the same where it was not done, and shows where it was", () => {
    expect(outcome({ refused: [line()] })).toBe("same");
    const [one] = compare({ refused: [line()], deeds: [deed()] });
    expect(one).toMatchObject({ outcome: "would have refused", why: ["NOT_GRANTED: the signer may not"] });
  });

  it("does not count what nobody has signed rightly, unless somebody did what it says", () => {
    const unsigned = line({
      signer: null,
      untrustedText: `-----BEGIN\n\nUpload-component r4.3 hello ${commit} current all\n`,
    });
    expect(outcome({ refused: [unsigned] })).toBe("");
    expect(outcome({ refused: [unsigned], deeds: [deed()] })).toBe("would have refused");
  });
});

describe("the comparison of files that the back-end and the predecessor share", () => {
  it("names what is missing, what is other, and what nobody planned", () => {
    expect(differencesOf([rpm], [rpm], "current")).toEqual([]);
    expect(differencesOf([rpm, move("b.rpm")], [move(rpm.file, "2"), move("c.rpm")], "current")).toEqual([
      "b.rpm was to move to current and is not there",
      `${rpm.file} in current is sha256:222222222222, and sha256:111111111111 was tested`,
      "c.rpm has come to current and was not planned",
    ]);
  });

  it("leaves alone what no metadata lists", () => {
    expect(differencesOf([rpm, move("hello_1.0.buildinfo")], [rpm, move("hello.sig")], "current")).toEqual([]);
    expect(missingOf([move("hello_1.0.buildinfo")], [])).toEqual([]);
  });

  it("is made at once where the back-end works in a job of ours", () => {
    const beside = (moved: readonly Move[]): Rehearsal => rehearsal({ mode: "beside", places: [place({ moved })] });
    expect(outcome({ rehearsals: [beside([rpm])], issues: new Map() })).toBe("same");
    expect(outcome({ rehearsals: [beside([rpm, move("more.rpm")])], issues: new Map() })).toBe("done differently");
  });
});

describe("the report", () => {
  it("says first how many of each there are, and stays readable with thousands", () => {
    const many = Array.from({ length: 3000 }, (_none, index) =>
      rehearsal({
        name: `c${index}`,
        decidedAt: new Date(decided.getTime() + index * 1000).toISOString(),
        places: [refused],
      }),
    );
    const deeds = many.map(({ name }) => deed({ name: name as never, at: later(1) }));
    let found: ReturnType<typeof compare> = [];
    const took = cpuMilliseconds(() => {
      found = compare({ rehearsals: many, deeds });
    });
    expect(took).toBeLessThan(10_000);
    expect(found.filter((one) => isDifference(one.outcome))).toHaveLength(3000);
    expect(Object.fromEntries(summarize(found))).toMatchObject({ "would have refused": 3000, same: 0 });
    const text = renderComparisons(found, 20);
    expect(text.split("\n")[0]).toBe("   3000  done, and we would have refused it");
    expect(text).toContain("done, and we would have refused it (3000): 3000 TOO_YOUNG");
    expect(text).toContain("… and 2980 more: --all shows them");
    expect(text.split("\n").length).toBeLessThan(200);
    // The newest first.
    expect(text.indexOf("c2999")).toBeLessThan(text.indexOf("c2998"));
  });

  it("lets nobody's words move the cursor", () => {
    const evil = rehearsal({ places: [place({ verdict: "refused", reason: "\u001b[2Jgone\nPROBLEM" })] });
    const text = renderComparisons(compare({ rehearsals: [evil], deeds: [deed()] }), 20);
    expect(text).not.toMatch(/\u001b|\nPROBLEM/);
    expect(text).toContain("?[2Jgone?PROBLEM");
  });
});
