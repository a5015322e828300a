import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import type { BuildRecord } from "../../src/build/index.ts";
import { main as list } from "../../src/programs/cli/list.ts";
import { main as status } from "../../src/programs/cli/status.ts";
import { main as why } from "../../src/programs/cli/why.ts";
import type { StatusData } from "../../src/status/index.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let home: GpgHome;
let key = "";
let stranger = "";
beforeAll(() => {
  home = new GpgHome();
  key = home.makeKey();
  stranger = home.makeKey();
});
afterAll(() => home.remove());

let directory = "";
let data = "";
let keys = "";
beforeEach(() => {
  directory = temporaryDirectory();
  data = join(directory, "status.json");
  keys = join(directory, "keys");
  mkdirSync(keys);
  writeFileSync(join(keys, "build.asc"), home.exportKey(key));
});

function publish(parts: Partial<StatusData>, signer = key): void {
  const since = new Date(Date.now() - 10 * 86_400_000).toISOString();
  const young = new Date(Date.now() - 86_400_000).toISOString();
  const updates = [
    updateWith({ places: [placeWith({ since }), placeWith({ distribution: "vm-fc42", since: young })] }),
    updateWith({ name: "core-agent", buggy: true, places: [placeWith({ since })] }),
    updateWith({ release: "r4.2" }),
  ];
  const text = JSON.stringify({ ...statusWith(updates), generatedAt: new Date().toISOString(), ...parts });
  writeFileSync(data, text);
  writeFileSync(`${data}.asc`, home.detachSign(text, { key: signer }));
}

const from = (): string[] => ["--data", data, "--keys", keys];

describe("release-bot list", () => {
  it("shows what may go now and what not yet, and why, from signed data", async () => {
    publish({});
    const run = await runCaptured(list, ["r4.3", ...from()]);
    expect(run).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^1 ready, 2 waiting; data of \S+ \S+ UTC\n$/),
    });
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ready {3}core-admin v4\.3\.12 +vm-bookworm 10 days in testing$/);
    expect(run.stdout).toMatch(/waiting core-admin v4\.3\.12 +vm-fc42 +\d+ (?:days|hours) left, from /);
    expect(run.stdout).toMatch(/waiting core-agent v4\.3\.12 +vm-bookworm labelled buggy/);
    expect(run.stdout).not.toContain("\u001b");
  });

  it("takes the former script's options by their names", async () => {
    publish({});
    const of = async (...words: string[]): Promise<string[]> => {
      const run = await runCaptured(list, ["r4.3", ...from(), "--json", ...words]);
      const stories = JSON.parse(run.stdout) as {
        update: { name: string };
        places: { distribution: string; verdict: string }[];
      }[];
      return stories.flatMap(({ update, places }) =>
        places.map((place) => `${update.name} ${place.distribution} ${place.verdict}`),
      );
    };
    expect(await of("--components", "core-admin", "--days", "0")).toEqual([
      "core-admin vm-bookworm ready",
      "core-admin vm-fc42 ready",
    ]);
    expect(await of("--dists", "vm-fc42", "--list")).toEqual(["core-admin vm-fc42 waiting"]);
    expect(await of("--days", "30", "--all")).toHaveLength(3);
  });

  it.each([
    ["signed by somebody else", () => publish({}, stranger), /is not signed by a key of/],
    [
      "changed after it was signed",
      () => {
        publish({});
        writeFileSync(data, readFileSync(data, "utf8").replace("vm-fc42", "vm-fc43"));
      },
      /is not signed by a key of/,
    ],
    [
      "not signed at all",
      () => {
        publish({});
        writeFileSync(`${data}.asc`, "");
      },
      /is not signed by a key of/,
    ],
    ["stale", () => publish({ generatedAt: new Date(Date.now() - 30 * 3_600_000).toISOString() }), /is 30 hours old/],
    [
      "from the future",
      () => publish({ generatedAt: new Date(Date.now() + 3_600_000).toISOString() }),
      /from the future/,
    ],
    ["signed, but of another shape", () => publish({ format: "x" as "release-bot-status-2" }), /no status data/],
  ])("refuses data that is %s", async (_, make, message) => {
    make();
    const run = await runCaptured(list, ["r4.3", ...from()]);
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toMatch(message);
  });

  it("finds data and keys by the configuration, too", async () => {
    publish({});
    writeFileSync(join(directory, "config.yml"), "status: { data: status.json, keys: keys }\n");
    expect(await runCaptured(list, ["r4.3", "--config", join(directory, "config.yml")])).toMatchObject({ status: 0 });
    expect(await runCaptured(list, [])).toMatchObject({ status: 2 });
    expect(await runCaptured(list, ["r4.3", "--nonsense"])).toMatchObject({ status: 2 });
  });
});

describe("release-bot why", () => {
  it("tells the story of a version", async () => {
    publish({});
    const run = await runCaptured(why, ["r4.3", "core-admin", ...from()]);
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(
      /^core-admin v4\.3\.12 \(r4\.3\) {2}issue #12\n {2}commit a{40}\n {2}vm-bookworm: ready \(build-debian\)\n {4}built 2026-11-20 09:50 UTC\n/,
    );
    expect(run.stdout).toContain("log r4.3/core-admin/2026-11-20_vm-bookworm");
    expect(await runCaptured(why, ["r4.3", "nothing", ...from()])).toMatchObject({ status: 1, stdout: "" });
  });
});

describe("release-bot status", () => {
  it("renders what the records of a build qube say, and signs the data", async () => {
    for (const name of ["state", "builder"]) mkdirSync(join(directory, name));
    const builder =
      "qubes-release: r4.3\ninsecure-skip-checking: [hello]\ndistributions: [vm-bookworm]\ncomponents: [hello]\n";
    writeFileSync(join(directory, "builder/builder.yml"), builder);
    writeFileSync(join(directory, "builders.list"), `r4.3=${directory}/builder=builder.yml\n`);
    writeFileSync(join(directory, "token"), "none\n");
    const agent = {
      qube: "build-debian",
      "state-dir": "state",
      "builders-list": "builders.list",
      "trusted-keys": "keys",
      github: { "api-url": "http://127.0.0.1:9", "token-file": "token" },
    };
    const config = join(directory, "config.yml");
    writeFileSync(config, JSON.stringify({ agent }));
    const store = openAgentStore(join(directory, "state/agent.db"), () => []);
    const distribution = {
      distribution: "vm-bookworm",
      state: "failed",
      reason: "no <b>disk</b>",
      attempts: 1,
      stages: [],
      packages: [],
      repository: null,
      log: null,
    };
    const times = { startedAt: new Date().toISOString(), endedAt: null };
    const build = {
      job: "1",
      trace: null,
      askedBy: { kind: "push" },
      release: "r4.3",
      builder: "builder",
      component: "hello",
      commit: "c".repeat(40),
      version: "v1.0",
      signed: null,
      ...times,
      state: "failed",
      reason: "",
      distributions: [distribution],
    };
    await store.builds.save(build as unknown as BuildRecord);
    await store.database.close();
    const out = join(directory, "site");
    const words = ["render", "--out", out, "--config", config, "--sign", key, "--gnupghome", home.directory];
    const run = await runCaptured(status, words);
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+ files of 1 versions in /) });
    expect(run.stderr).toMatch(/without issue numbers, labels and votes/);
    expect(readFileSync(join(out, "update/r4.3_component_hello_v1.0.html"), "utf8")).toContain(
      "failed: no &lt;b&gt;disk&lt;/b&gt;",
    );
    const site = ["--data", join(out, "status.json"), "--keys", keys];
    expect((await runCaptured(list, ["r4.3", ...site])).stdout).toMatch(
      /^waiting hello v1\.0 +vm-bookworm failed: no <b>disk<\/b>\n$/,
    );
  });
});
