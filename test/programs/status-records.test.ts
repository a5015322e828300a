import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StandingVersion } from "../../src/adapters/repository/index.ts";
import { type JobEntry, openAgentStore } from "../../src/adapters/store/index.ts";
import type { BuildRecord, ImageRecord } from "../../src/build/index.ts";
import type { GithubLab } from "../../src/lab/github/index.ts";
import { main as status } from "../../src/programs/cli/status.ts";
import { draftUpdates } from "../../src/programs/cli/status-drafts.ts";
import { promotersOf } from "../../src/programs/cli/status-promoters.ts";
import { parseStatusData, tellAll } from "../../src/status/index.ts";
import { runCaptured } from "../support/captured-program.ts";
import { askGithub } from "../support/github-issue.ts";
import { githubWith, reportRepository } from "../support/github-reports.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const commit = "c".repeat(40);

function image(parts: object): ImageRecord {
  return {
    job: "1",
    trace: null,
    askedBy: { kind: "operator" },
    builder: "builder",
    timestamp: "202611261200",
    startedAt: "2026-11-26T12:00:00.000Z",
    endedAt: "2026-11-26T18:00:00.000Z",
    state: "done",
    reason: "",
    attempts: 1,
    stages: [
      { stage: "build", startedAt: "2026-11-26T12:00:00.000Z", endedAt: "2026-11-26T17:00:00.000Z", error: null },
    ],
    repository: "iso-testing",
    log: "r4.3/iso",
    tests: "https://openqa.example/tests/7",
    subject: { kind: "iso", release: "r4.3", version: "4.3.202611261200" },
    ...parts,
  } as unknown as ImageRecord;
}

const standing = (parts: object): StandingVersion =>
  ({
    release: "r4.3",
    repository: "current-testing",
    dist: "vm-bookworm",
    name: "hello",
    version: "1.0-1",
    commit,
    since: new Date("2026-11-20T10:00:00Z"),
    ...parts,
  }) as unknown as StandingVersion;

describe("what the records say", () => {
  const drafts = (records: Partial<Parameters<typeof draftUpdates>[0]>) =>
    draftUpdates({ environment: "build-x", builds: [], images: [], standing: [], ...records }).map(
      ({ places, ...draft }) => ({ ...draft, places: [...places.values()] }),
    );

  it("of an ISO is where it stands, since when, and where its tests are", () => {
    expect(drafts({ images: [image({})] })).toEqual([
      {
        release: "r4.3",
        kind: "iso",
        name: "iso",
        version: "4.3.202611261200",
        commit: null,
        tests: "https://openqa.example/tests/7",
        places: [
          placeWith({
            distribution: "all",
            environment: "build-x",
            repository: "iso-testing",
            since: "2026-11-26T18:00:00.000Z",
            builtAt: "2026-11-26T17:00:00.000Z",
            log: "r4.3/iso",
            packageVersion: null,
          }),
        ],
      },
    ]);
    expect(drafts({ images: [image({ repository: "iso" })] })[0]?.places[0]?.state).toBe("current");
    expect(drafts({ images: [image({ state: "running", endedAt: null })] })[0]?.places[0]).toMatchObject({
      state: "building",
      repository: null,
      since: null,
    });
  });

  it("of a component ends with the newest twenty versions that stand nowhere, and leaves out none that stands", () => {
    const builds = Array.from({ length: 60 }, (_, minor) => ({
      release: "r4.3",
      component: "hello",
      commit: minor.toString(16).padStart(40, "0"),
      version: `v1.${minor}`,
      distributions: [{ distribution: "vm-bookworm", state: "failed", reason: "", stages: [], log: null }],
    })) as unknown as BuildRecord[];
    const old = standing({ commit: builds[3]?.commit });
    const versions = drafts({ builds, standing: [old] }).map(({ version }) => version);
    expect(versions).toEqual([...Array.from({ length: 20 }, (_, index) => `v1.${59 - index}`), "v1.3"]);
  });

  it("of a template is its failure, too, until its repository has it", () => {
    const subject = { kind: "template", release: "r4.3", template: "debian-13", version: "4.3.0-202611261200" };
    const failed = image({ subject, state: "failed", reason: "build: no disk", repository: "templates-itl-testing" });
    expect(drafts({ images: [failed] })[0]).toMatchObject({
      kind: "template",
      places: [{ state: "failed", reason: "build: no disk", failedAt: "2026-11-26T18:00:00.000Z" }],
    });
    const stands = standing({
      repository: "templates-itl-testing",
      dist: "debian-13",
      name: "debian-13",
      version: subject.version,
      commit: null,
    });
    const both = drafts({ images: [failed], standing: [stands] });
    expect(both).toHaveLength(1);
    expect(both[0]?.places).toMatchObject([
      { distribution: "all", state: "testing", log: "r4.3/iso", reason: "", failedAt: null },
    ]);
  });
});

describe("who promoted a version", () => {
  const job = (parts: { state?: string; endedAt?: Date; repository?: string }): JobEntry =>
    ({
      trace: "abcdefgh",
      state: parts.state ?? "done",
      startedAt: new Date("2026-11-25T10:00:30Z"),
      endedAt: parts.endedAt ?? new Date("2026-11-25T10:02:00Z"),
      request: {
        kind: "command",
        signer: "A".repeat(40),
        signedAt: Date.parse("2026-11-25T09:58:00Z"),
        command: {
          kind: "upload-component",
          release: "r4.3",
          component: "hello",
          commit,
          repository: parts.repository ?? "current",
        },
      },
    }) as unknown as JobEntry;
  const draft = { release: "r4.3", kind: "component", name: "hello", commit, version: "v1.0", tests: null } as const;
  const place = placeWith({ state: "current", repository: "current", since: "2026-11-25T10:00:00.000Z" });

  it("is who signed the command during which it came there", () => {
    expect(promotersOf([job({})])(draft, place)).toEqual({
      signer: "A".repeat(40),
      signedAt: "2026-11-25T09:58:00.000Z",
      trace: "abcdefgh",
    });
    expect(promotersOf([job({ state: "failed" })])(draft, place)).not.toBeNull();
  });

  it("is the operator, with the reason, where it was done by hand", () => {
    const byHand = job({});
    const { request } = byHand as unknown as { request: { command: object } };
    const work = {
      kind: "promotion",
      command: request.command,
      orderedAt: Date.parse("2026-11-25T10:00:00Z"),
      byHand: { operator: "marek@build-x", reason: "a hole in xen" },
    };
    const ordered = { ...byHand, request: { kind: "operator", builder: "", work } } as unknown as JobEntry;
    const promotedBy = promotersOf([ordered])(draft, place);
    expect(promotedBy).toEqual({
      operator: "marek@build-x",
      reason: "a hole in xen",
      orderedAt: "2026-11-25T10:00:00.000Z",
    });
    const data = statusWith([updateWith({ places: [{ ...place, promotedBy }] })]);
    expect(parseStatusData(JSON.stringify(data))).toEqual({ ok: true, value: data });
    expect(tellAll(data, "r4.3", new Date("2026-11-26T12:00:00Z"))[0]?.places[0]?.lines).toContain(
      "by hand of marek@build-x, ordered 2026-11-25 10:00 UTC: a hole in xen",
    );
  });

  it.each([
    ["came there at another time", [job({})], { since: "2026-11-25T10:03:00.000Z" }],
    ["stands elsewhere", [job({})], { repository: "security-testing" }],
    ["stands nowhere", [job({})], { repository: null, since: null }],
    ["no command named", [], {}],
    ["a refused command named", [job({ state: "refused" })], {}],
    ["a command for another repository named", [job({ repository: "security-testing" })], {}],
  ] as const)("is not known of what %s", (_, jobs, parts) => {
    expect(promotersOf(jobs)(draft, { ...place, ...parts })).toBeNull();
  });
});

describe("release-bot status render with GitHub", () => {
  let github: GithubLab;
  beforeEach(async () => {
    github = await githubWith();
  });
  afterEach(() => github.close());

  it("has issue, label and votes of the status issue, whatever a stranger opened", async () => {
    const directory = temporaryDirectory();
    for (const name of ["keys", "state", "builder"]) mkdirSync(join(directory, name));
    writeFileSync(
      join(directory, "builder/builder.yml"),
      "qubes-release: r4.3\ninsecure-skip-checking: [hello]\ndistributions: [host-fc41]\ncomponents: [hello]\n",
    );
    writeFileSync(join(directory, "builders.list"), `r4.3=${directory}/builder=builder.yml\n`);
    writeFileSync(join(directory, "token"), "token-bot\n");
    const agent = {
      qube: "build-x",
      "state-dir": "state",
      "builders-list": "builders.list",
      "trusted-keys": "keys",
      github: { "api-url": github.apiUrl, "token-file": "token" },
    };
    writeFileSync(join(directory, "config.yml"), JSON.stringify({ agent }));
    const words = ["render", "--out", join(directory, "site"), "--config", join(directory, "config.yml")];
    const nobody = await runCaptured(status, words);
    expect(nobody).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/agent\.db is not there: no agent has run/),
    });
    const store = openAgentStore(join(directory, "state/agent.db"), () => []);
    await store.images.save(image({}));
    await store.database.close();
    const title = "iso 4.3.202611261200 (r4.3)";
    const post = (path: string, body: object, token: string) =>
      askGithub(github, `/repos/${reportRepository}/issues${path}`, { method: "POST", body, token });
    await post("", { title, labels: ["buggy"] }, "token-alice");
    await post("", { title }, "token-bot");
    for (const [issue, content] of [
      [1, "+1"],
      [2, "-1"],
    ] as const) {
      await post(`/${issue}/reactions`, { content }, "token-alice");
    }
    const out = join(directory, "site");
    const run = await runCaptured(status, ["render", "--out", out, "--config", join(directory, "config.yml")]);
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(parseStatusData(readFileSync(join(out, "status.json"), "utf8"))).toMatchObject({
      ok: true,
      value: { updates: [{ kind: "iso", issue: 2, buggy: false, votes: { up: 0, down: 1 } }] },
    });
  });
});
