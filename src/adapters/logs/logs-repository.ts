import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CommitSha, type Fingerprint, parseCommitSha } from "../../domain/index.ts";
import { type FilePart, Git } from "./git.ts";

/** The logs repository of this qube: bare, and written by one process only. */
export interface LogsRepositorySettings {
  readonly directory: string;
  readonly branch: string;
  readonly signingKey: Fingerprint;
  readonly gnupgHome: string;
  readonly gpg: string;
  /** Null: nothing is ever pushed. */
  readonly remote: string | null;
  readonly sshCommand: string;
  /** PATH and HOME, for git and what it starts. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A file of a commit; a blob that {@link LogsRepository.store} stored. */
export interface RepositoryEntry {
  readonly path: string;
  readonly blob: string;
}

const author = { name: "release-bot logs", email: "release-bot@localhost" };

/** The git environment that every run gets. */
function gitEnvironment(settings: LogsRepositorySettings): Record<string, string> {
  return {
    PATH: settings.environment["PATH"] ?? "/usr/bin:/bin",
    HOME: settings.environment["HOME"] ?? "/",
    LANG: "C.UTF-8",
    GNUPGHOME: settings.gnupgHome,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSH_COMMAND: settings.sshCommand,
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
  };
}

/** Commits to the logs branch; everything is signed, nothing is rewritten. */
export class LogsRepository {
  readonly settings: LogsRepositorySettings;
  readonly git: Git;
  readonly ref: string;
  #head: CommitSha | null = null;

  private constructor(settings: LogsRepositorySettings) {
    this.settings = settings;
    this.git = new Git({ directory: settings.directory, environment: gitEnvironment(settings) });
    this.ref = `refs/heads/${settings.branch}`;
  }

  /** Opens the repository, or makes it; whatever a killed run left half done is cleared away. Throws AdapterError. */
  static async open(settings: LogsRepositorySettings): Promise<LogsRepository> {
    const repository = new LogsRepository(settings);
    const { git, ref } = repository;
    if (!existsSync(join(settings.directory, "HEAD"))) {
      mkdirSync(settings.directory, { recursive: true });
      await git.run(["init", "--quiet", "--bare", "--initial-branch", settings.branch]);
    }
    for (const lock of ["index.lock", `${ref}.lock`, "HEAD.lock", "config.lock", "packed-refs.lock"]) {
      rmSync(join(settings.directory, lock), { force: true });
    }
    await git.run(["config", "core.fsync", "all"]);
    await git.run(["config", "core.looseCompression", "1"]);
    await git.run(["config", "gc.auto", "5000"]);
    await git.run(["symbolic-ref", "HEAD", ref]);
    await repository.reload();
    return repository;
  }

  /** The commit that the branch stands at; null before the first. */
  get head(): CommitSha | null {
    return this.#head;
  }

  /** Reads branch and index anew, after the branch has been moved by other means than {@link commit}. */
  async reload(): Promise<void> {
    this.#head = await this.resolve(this.ref);
    await this.git.run(["read-tree", ...(this.#head === null ? ["--empty"] : [this.#head])]);
  }

  /** The commit that a name stands for, or null. */
  async resolve(name: string): Promise<CommitSha | null> {
    const { status, stdout } = await this.git.try(["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
    return status === 0 ? parseCommitSha(stdout.toString("latin1").trim()) : null;
  }

  /** Stores bytes; several may be stored at the same time, and none is seen before it is committed. */
  async store(bytes: Uint8Array | string | FilePart): Promise<string> {
    return this.git.run(["hash-object", "-w", "--stdin"], { input: bytes });
  }

  /** One signed commit with these files added, on the branch. Only one call at a time. */
  async commit(entries: readonly RepositoryEntry[], message: string): Promise<CommitSha> {
    const lines = entries.map(({ path, blob }) => `100644 ${blob}\t${path}\n`).join("");
    await this.git.run(["update-index", "--add", "--index-info"], { input: lines });
    const tree = await this.git.run(["write-tree"]);
    return this.advance(tree, this.#head === null ? [] : [this.#head], message);
  }

  /** A signed commit of this tree on the branch. */
  async advance(tree: string, parents: readonly CommitSha[], message: string): Promise<CommitSha> {
    const { gpg, signingKey } = this.settings;
    const signing = ["-c", "gpg.format=openpgp", "-c", `gpg.program=${gpg}`];
    const parented = parents.flatMap((parent) => ["-p", parent]);
    const made = await this.git.run([...signing, "commit-tree", `-S${signingKey}`, ...parented, "-F", "-", tree], {
      input: message,
    });
    const commit = parseCommitSha(made);
    if (commit === null) throw new Error(`git commit-tree answered ${made}`);
    // Only from where we took it: nothing that came in between is lost.
    await this.git.run(["update-ref", this.ref, commit, this.#head ?? "0".repeat(40)]);
    this.#head = commit;
    return commit;
  }

  /** Whether the branch has this log: `whole` (in one file or in parts), or `any` trace of it: a second must not take its name. */
  async has(path: string, what: "whole" | "any"): Promise<boolean> {
    if (this.#head === null) return false;
    const checkpoints = what === "any" ? [`${path}.checkpoints`] : [];
    const listed = await this.git.run(["ls-files", "--", path, `${path}.part-000`, ...checkpoints]);
    return listed !== "";
  }

  /** The commits that touched a path, oldest first. */
  async history(path: string): Promise<CommitSha[]> {
    if (this.#head === null) return [];
    const listed = await this.git.run(["log", "--reverse", "--format=%H", this.#head, "--", path]);
    return listed.split("\n").flatMap((line) => parseCommitSha(line) ?? []);
  }

  /** Packs what has come together; nothing waits for it. */
  async tidy(): Promise<void> {
    await this.git.try(["gc", "--auto", "--quiet"], { timeoutMs: 600_000 });
  }
}
