import { hash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { stringify } from "yaml";
import type { CommitSha } from "../../src/domain/index.ts";
import type { GithubLab, GithubLabOptions } from "../../src/lab/github/index.ts";
import { startGithubLab } from "../../src/lab/github/index.ts";
import type { Rehearsal } from "../../src/shadow/index.ts";
import { ComponentRepository } from "./component-repository.ts";
import { askGithub } from "./github-issue.ts";
import { issuesRepository, reportRepository } from "./github-reports.ts";
import type { GpgHome } from "./gpg-home.ts";
import type { PackageMaker } from "./package-maker.ts";
import { ReleaseTree } from "./release-tree.ts";
import { runTool } from "./tool.ts";
import { makeV2Builder, type QbCall } from "./v2-builder.ts";

const day = 86_400_000;

/** A predecessor's build qube with everything of it real, or as its own tools leave it; our agent beside it, in shadow mode. */
export class ShadowScene {
  readonly home = mkdtempSync(join(tmpdir(), "rb-sh-"));
  readonly builder = join(this.home, "builder");
  readonly config = join(this.home, "config.yml");
  readonly source: ComponentRepository;
  readonly tree: ReleaseTree;
  readonly github: GithubLab;
  readonly calls: () => QbCall[];
  readonly #maker: PackageMaker;
  readonly #key: string;

  private constructor(gpg: GpgHome, key: string, maker: PackageMaker, github: GithubLab) {
    this.#key = key;
    this.#maker = maker;
    this.github = github;
    this.source = new ComponentRepository(gpg);
    ({ calls: this.calls } = makeV2Builder(this.builder, this.source.directory));
    const artifacts = join(this.builder, "artifacts");
    this.tree = new ReleaseTree(gpg, key, { artifacts, root: join(artifacts, "repository-publish") });
  }

  static async make(
    gpg: GpgHome,
    key: string,
    maker: PackageMaker,
    wish: {
      readonly agent?: Readonly<Record<string, unknown>>;
      readonly fault?: NonNullable<GithubLabOptions["fault"]>;
    } = {},
  ): Promise<ShadowScene> {
    const github = await startGithubLab({
      repositories: [reportRepository, issuesRepository],
      tokens: { "token-agent": "qubes-bot", "token-bot": "qubes-bot", "token-alice": "alice" },
      webhook: null,
      record: "requests",
      ...(wish.fault === undefined ? {} : { fault: wish.fault }),
    });
    const scene = new ShadowScene(gpg, key, maker, github);
    scene.#write(gpg, wish.agent ?? {});
    return scene;
  }

  #write(gpg: GpgHome, more: Readonly<Record<string, unknown>>): void {
    const { home, builder } = this;
    for (const name of ["keys", "rpc", "gnupg"]) mkdirSync(join(home, name), { mode: 0o700 });
    // What stands where our services would: the predecessor's own.
    writeFileSync(join(home, "rpc/qubesbuilder.ProcessGithubCommand"), "#!/bin/sh\nthe predecessor's\n");
    writeFileSync(join(home, `keys/${this.#key}.asc`), gpg.exportKey(this.#key));
    runTool("gpg", ["--homedir", join(home, "gnupg"), "--batch", "--no-autostart", "--import"], {
      input: gpg.exportKey(this.#key),
    });
    writeFileSync(join(home, "token"), "token-agent\n");
    writeFileSync(join(home, "builders.list"), `r4.3=${builder}=builder.yml\n`);
    writeFileSync(join(builder, "builder.lock"), "");
    writeFileSync(
      join(builder, "builder.yml"),
      stringify({
        "qubes-release": "r4.3",
        distributions: ["host-fc41"],
        git: { maintainers: [this.#key] },
        "key-dirs": [join(home, "keys")],
        components: ["hello", "young", "late"].map((name) => ({
          [name]: { url: this.source.directory, branch: "main" },
        })),
        templates: [{ "debian-13": { dist: "bookworm" } }],
        "sign-key": { rpm: this.#key },
        "artifacts-dir": "artifacts",
        github: {
          maintainers: {
            [this.#key]: { components: "_all_", distributions: "_all_", templates: "_all_", iso: true, hold: true },
          },
        },
        "release-bot": { promotion: "backend" },
      }),
    );
    const agent = {
      qube: "build-fedora",
      mode: "shadow",
      "state-dir": "state",
      "builders-list": "builders.list",
      "trusted-keys": "keys",
      "poll-seconds": 1,
      sign: { via: "gpg", homedir: "gnupg" },
      github: { "api-url": this.github.apiUrl, "report-repository": reportRepository, "token-file": "token" },
      ...more,
    };
    const qrexec = { transport: "local", socket: join(home, "none.sock"), "services-dir": "rpc" };
    writeFileSync(this.config, stringify({ qrexec, agent }));
  }

  /** The predecessor built and published it so many days ago, and made its status issue. */
  async built(wish: { component: string; version: string; commit: string; days: number }): Promise<number> {
    const { component, version, commit, days } = wish;
    this.tree.now = new Date(Date.now() - days * day);
    const file = this.#maker.rpm({ name: component, version: `${version}-1` }, this.#key);
    const refused = await this.tree.publish({ dist: "host-fc41", component, commit, files: [file] });
    if (refused !== null) throw new Error(refused);
    return this.issue(`${component} v${version} (r4.3)`, ["r4.3-host-cur-test"]);
  }

  /** The predecessor promotes, by no rule but its own. */
  async promoted(component: string, commit: string): Promise<void> {
    this.tree.now = new Date();
    const [outcome] = await this.tree.promote({ dists: ["host-fc41"], component, commit, minAgeDays: 0 });
    if (outcome !== "done") throw new Error(outcome);
  }

  async issue(title: string, labels: readonly string[]): Promise<number> {
    const made = await this.#ask("POST", "issues", { title, labels, body: "" });
    return (made as { number: number }).number;
  }

  async relabel(issue: number, labels: readonly string[]): Promise<void> {
    await this.#ask("PUT", `issues/${issue}/labels`, { labels });
  }

  async comment(issue: number, body: string): Promise<void> {
    await this.#ask("POST", `issues/${issue}/comments`, { body });
  }

  #ask(method: string, path: string, body: unknown): Promise<unknown> {
    return askGithub(this.github, `/repos/${reportRepository}/${path}`, { method, body, token: "token-bot" });
  }

  /** All of GitHub that a bot could have changed. */
  async seenOnGithub(): Promise<string> {
    const paths = ["issues?state=all&per_page=100", "issues/comments?per_page=100", "labels?per_page=100"];
    // One after the other, each tried once more: the emulator now and then lets a kept connection go.
    const answers: unknown[] = [];
    for (const repository of [reportRepository, issuesRepository]) {
      for (const path of paths) {
        const ask = () => askGithub(this.github, `/repos/${repository}/${path}`, { token: "token-alice" });
        answers.push(await ask().catch(ask));
      }
    }
    return JSON.stringify(answers);
  }

  /** Every file but those of the agent's own state: kind, mode, times, content. */
  snapshot(): string {
    const lines = (directory: string): string[] =>
      readdirSync(directory)
        .sort()
        .flatMap((name) => {
          const path = join(directory, name);
          if (path === join(this.home, "state")) return [];
          const stat = lstatSync(path);
          const head = `${path} ${stat.mode.toString(8)} ${stat.mtimeMs} ${stat.ctimeMs}`;
          if (stat.isDirectory()) return [head, ...lines(path)];
          if (stat.isSymbolicLink()) return [`${head} ${readlinkSync(path)}`];
          return [`${head} ${stat.isFile() ? hash("sha256", readFileSync(path)) : "special"}`];
        });
    return [...lines(this.home), ...lines(this.source.directory)].join("\n");
  }

  get database(): string {
    return join(this.home, "state/shadow/agent.db");
  }

  rows(sql: string): readonly Record<string, unknown>[] {
    const database = new DatabaseSync(this.database, { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  rehearsals(): readonly Rehearsal[] {
    return this.rows("SELECT rehearsal FROM rehearsals ORDER BY decided_at").map(
      (row) => JSON.parse(String(row["rehearsal"])) as Rehearsal,
    );
  }

  commitOf(digit: string): CommitSha {
    return digit.repeat(40) as CommitSha;
  }

  async remove(): Promise<void> {
    await this.github.close();
    this.source.remove();
    rmSync(this.home, { recursive: true, force: true });
  }
}
