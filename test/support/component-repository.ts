import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CommitSha, parseCommitSha } from "../../src/domain/index.ts";
import type { GpgHome } from "./gpg-home.ts";
import { runTool } from "./tool.ts";

/** How a tag is made. */
export interface TagWish {
  readonly name: string;
  /** Who signs; without it the tag is annotated and unsigned. */
  readonly key?: string;
  /** The commit or object; HEAD unless said. */
  readonly on?: string;
}

/** A component's repository as its maintainer and its server have it, in one: real git, real signatures. */
export class ComponentRepository {
  readonly directory = mkdtempSync(join(tmpdir(), "rb-src-"));
  readonly #gpg: GpgHome;

  constructor(gpg: GpgHome) {
    this.#gpg = gpg;
    this.git("init", "--quiet", "-b", "main");
  }

  git(...args: string[]): string {
    const settings = [
      "user.name=Maintainer",
      "user.email=maintainer@example.org",
      "commit.gpgsign=false",
      "tag.gpgsign=false",
    ];
    const environment = { GNUPGHOME: this.#gpg.directory, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const words = [...settings.flatMap((setting) => ["-c", setting]), "-C", this.directory, ...args];
    return runTool("git", words, { environment }).toString().trim();
  }

  /** Writes the files and commits; answers the commit. `key`: signs the commit itself. */
  commit(subject: string, files: Readonly<Record<string, string>> = {}, key?: string): CommitSha {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.directory, path)), { recursive: true });
      writeFileSync(join(this.directory, path), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
    }
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "-m", subject, ...(key === undefined ? [] : [`-S${key}`]));
    return this.head();
  }

  head(): CommitSha {
    const sha = parseCommitSha(this.git("rev-parse", "HEAD"));
    if (sha === null) throw new Error("git answered no commit");
    return sha;
  }

  tag(wish: TagWish): void {
    const how = wish.key === undefined ? ["-a"] : ["-u", wish.key];
    this.git("tag", "--force", ...how, "-m", `version ${wish.name}`, wish.name, wish.on ?? "HEAD");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
