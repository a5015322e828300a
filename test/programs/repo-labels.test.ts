import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GithubLab } from "../../src/lab/github/index.ts";
import { main } from "../../src/programs/cli/repo.ts";
import { runCaptured } from "../support/captured-program.ts";
import { askGithub, issueOn } from "../support/github-issue.ts";
import { githubWith, reportRepository } from "../support/github-reports.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { PackageMaker } from "../support/package-maker.ts";
import { ReleaseTree } from "../support/release-tree.ts";

const gpg = new GpgHome();
let github: GithubLab;
let maker: PackageMaker;
let tree: ReleaseTree;
let config: string;

beforeAll(async () => {
  github = await githubWith();
  const key = gpg.makeKey({ algorithm: "rsa2048" });
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
  const files = [maker.rpm({ name: "core-admin", version: "4.3.12-1" }, key)];
  const dist = "host-fc41";
  expect(await tree.publish({ dist, component: "core-admin", commit: "a", files })).toBeNull();
  expect(await tree.promote({ dists: [dist], component: "core-admin", commit: "a", minAgeDays: 0 })).toEqual(["done"]);
  const directory = maker.directory;
  config = join(directory, "config.yml");
  mkdirSync(join(directory, "keys"));
  writeFileSync(join(directory, "builders.list"), "");
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
  await make("core-admin v4.3.12 (r4.3)", ["r4.3-host-cur-test", "buggy"]);
  await make("core-admin v4.3.12 (r4.3)", ["r4.3-host-cur-test"], "token-alice");
});

afterAll(async () => {
  await github.close();
  tree.remove();
  maker.remove();
  gpg.remove();
});

const reconcile = (...words: string[]) => runCaptured(main, ["reconcile", "--root", tree.root, ...words]);
const labelsOf = async (number: number): Promise<string[]> =>
  [...(await issueOn(github, reportRepository, number)).labels].sort();

describe("release-bot repo reconcile, with labels", () => {
  it("says without a configuration that labels were not compared", async () => {
    process.env["RELEASE_BOT_CONFIG"] = "/nowhere/config.yml";
    try {
      const run = await reconcile();
      expect(run).toMatchObject({ status: 0, stderr: "" });
      expect(run.stdout).toMatch(/^labels were not compared: no configuration of an agent \(--config FILE\)\n/);
      const { labels } = JSON.parse((await reconcile("--json")).stdout) as { labels: unknown };
      expect(labels).toEqual({ compared: false, why: "no configuration of an agent (--config FILE)" });
    } finally {
      delete process.env["RELEASE_BOT_CONFIG"];
    }
  });

  it("names what labels say otherwise than the repositories, mends it, and touches nobody else's issue", async () => {
    const looked = await reconcile("--config", config);
    expect(looked.status).toBe(1);
    expect(looked.stdout).toBe(
      "#1 core-admin v4.3.12 (r4.3): lacks r4.3-host-stable, r4.3-stable; bears r4.3-host-cur-test, which does not stand\n",
    );
    expect(await labelsOf(1)).toEqual(["buggy", "r4.3-host-cur-test"]);
    const mended = await reconcile("--config", config, "--repair", "--json");
    expect(mended.status).toBe(0);
    expect(JSON.parse(mended.stdout)).toMatchObject({
      differences: [{ kind: "labels", mended: true }],
      labels: { compared: true },
    });
    expect(await labelsOf(1)).toEqual(["buggy", "r4.3-host-stable", "r4.3-stable"]);
    expect(await labelsOf(2)).toEqual(["r4.3-host-cur-test"]);
    expect((await reconcile("--config", config)).stdout).toBe("records, repositories, uploads and labels agree\n");
  });

  it("leaves alone what another builder of the qube publishes elsewhere", async () => {
    const place = join(config, "../other");
    mkdirSync(join(place, "here"), { recursive: true });
    symlinkSync(tree.root, join(place, "here/repository-publish"));
    const builder = (name: string, artifacts: string) => ({
      "qubes-release": "r4.3",
      distributions: ["host-fc41"],
      git: { maintainers: ["A".repeat(40)] },
      components: [{ [name]: { url: `https://example.org/${name}` } }],
      "artifacts-dir": artifacts,
    });
    writeFileSync(join(place, "here.yml"), JSON.stringify(builder("core-admin", join(place, "here"))));
    writeFileSync(join(place, "there.yml"), JSON.stringify(builder("gui-daemon", place)));
    writeFileSync(join(place, "builders.list"), `r4.3=${place}=here.yml\nr4.3=${place}=there.yml\n`);
    const two = join(config, "../two.yml");
    const agent = { ...agentOf(), "builders-list": "other/builders.list" };
    writeFileSync(
      two,
      JSON.stringify({ agent: { ...agent, github: { "api-url": github.apiUrl, "token-file": "token" } } }),
    );
    const body = { title: "gui-daemon v1.0 (r4.3)", labels: ["r4.3-host-cur-test"] };
    await askGithub(github, `/repos/${reportRepository}/issues`, { method: "POST", body, token: "token-bot" });
    // Where nobody says whose it is, it is taken for ours.
    expect((await reconcile("--config", config)).stdout).toContain("gui-daemon v1.0 (r4.3): bears r4.3-host-cur-test");
    await askGithub(github, `/repos/${reportRepository}/issues/1/labels`, {
      method: "POST",
      body: { labels: ["r4.3-host-cur-test"] },
      token: "token-bot",
    });
    expect((await reconcile("--config", two)).stdout).toBe(
      "#1 core-admin v4.3.12 (r4.3): bears r4.3-host-cur-test, which does not stand\n",
    );
  });

  it("shows what it found where GitHub cannot be asked, and fails", async () => {
    const away = join(config, "../away.yml");
    writeFileSync(
      away,
      JSON.stringify({ agent: { ...agentOf(), github: { "api-url": "http://127.0.0.1:1", "token-file": "token" } } }),
    );
    const run = await reconcile("--config", away);
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/^labels were not compared: .*\nrecords, repositories and uploads agree\n$/);
  });
});

function agentOf(): Record<string, unknown> {
  return { qube: "build-x", "state-dir": "state", "builders-list": "builders.list", "trusted-keys": "keys" };
}
