import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GithubLab } from "../../src/lab/github/index.ts";
import { main } from "../../src/programs/cli/cleanup.ts";
import { runCaptured } from "../support/captured-program.ts";
import { askGithub, issueOn } from "../support/github-issue.ts";
import { githubWith, reportRepository } from "../support/github-reports.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let github: GithubLab;
let config = "";

beforeEach(async () => {
  github = await githubWith();
  const directory = temporaryDirectory();
  config = join(directory, "config.yml");
  for (const name of ["keys", "state", "builder"]) mkdirSync(join(directory, name));
  writeFileSync(
    join(directory, "builder/builder.yml"),
    "qubes-release: r4.3\ninsecure-skip-checking: [core-admin]\ndistributions: [host-fc41]\ncomponents: [core-admin]\n",
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
  writeFileSync(config, JSON.stringify({ agent }));
  const make = (title: string, labels: readonly string[], token = "token-bot") =>
    askGithub(github, `/repos/${reportRepository}/issues`, { method: "POST", body: { title, labels }, token });
  await make("core-admin v4.3.11 (r4.3)", ["r4.3-host-cur-test"]);
  await make("core-admin v4.3.12 (r4.3)", ["r4.3-host-cur-test"]);
  await make("core-agent v1.0 (r4.3)", ["r4.3-vm-fc42-stable", "r4.3-stable"]);
  await make("core-agent v1.1 (r4.3)", ["r4.3-vm-fc42-stable", "r4.3-stable"], "token-alice");
});
afterEach(() => github.close());

const states = () =>
  Promise.all([1, 2, 3, 4].map(async (number) => (await issueOn(github, reportRepository, number)).state));

describe("release-bot cleanup", () => {
  it("rehearses: says what it would close, and closes nothing", async () => {
    const run = await runCaptured(main, ["--rehearse", "--config", config]);
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).toBe(
      "would close #1 core-admin v4.3.11 (r4.3): superseded by #2\nwould close #3 core-agent v1.0 (r4.3): all of it is in stable\n",
    );
    expect(await states()).toEqual(["open", "open", "open", "open"]);
  });

  it("closes what it said, with a comment, and never a stranger's", async () => {
    const run = await runCaptured(main, ["--json", "--config", config]);
    expect(
      run.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { issue: 1, why: { kind: "superseded", by: 2 } },
      { issue: 3, why: { kind: "stable" } },
    ]);
    expect(await states()).toEqual(["closed", "open", "closed", "open"]);
    expect((await issueOn(github, reportRepository, 1)).comments).toEqual([
      expect.stringMatching(/^Superseded by #2\n/),
    ]);
    const again = await runCaptured(main, ["--config", config]);
    expect(again.stdout).toBe("nothing to close among 1 open issues\n");
  });

  it("says what is wrong in one line", async () => {
    expect(await runCaptured(main, ["--nonsense"])).toMatchObject({ status: 2 });
    expect(await runCaptured(main, ["--config", "/nowhere/config.yml"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^release-bot cleanup: \/nowhere\/config\.yml: .*\n$/),
    });
  });
});
