import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FetchedSource, Sources } from "../../build/ports.ts";
import { AdapterError, type CommitSha, parseCommitSha } from "../../domain/index.ts";
import type { ComponentConfiguration } from "../../formats/builder-yml/index.ts";
import { capture } from "../processes/index.ts";
import { readFacts } from "./facts.ts";
import { type GitOptions, git, gitStatus } from "./git-command.ts";
import { readHistory } from "./history.ts";
import { listFiles, readFile } from "./tree.ts";

/** Where sources are kept, and what git may take a long time for. */
export interface SourcesOptions {
  /** One bare repository a release and component lies below it. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  /** For a fetch: 10 minutes unless set. */
  readonly limitMs: number;
}

/** Where the fetched branch and the remote's tags stand in our repository. */
const headRef = "refs/fetched/head";
/** The remote's tags as they are now. */
const incoming = "refs/fetched/tags/";
/** The remote's tags as they were first seen; never changed, so that a moved one is noticed. What `describe` looks at. */
const known = "refs/tags/";

/** Fetches components into bare repositories of our own. Nothing is unpacked here. */
export function createSources(options: SourcesOptions): Sources {
  // Builders run side by side and share a component's repository: two fetches at once would fight for its refs.
  const queues = new Map<string, Promise<unknown>>();
  const inTurn = async <T>(repository: string, work: () => Promise<T>): Promise<T> => {
    const before = queues.get(repository) ?? Promise.resolve();
    const mine = before.then(work, work);
    queues.set(repository, mine);
    return mine;
  };
  return {
    fetch: async (component, builder, signal) => {
      const repository = join(options.root, builder.configuration.release, `${component.name}.git`);
      const running: GitOptions = { repository, environment: options.environment, limitMs: options.limitMs, signal };
      const head = await inTurn(repository, async () => {
        await create(running);
        await update(running, component);
        return parseCommitSha((await git(running, ["rev-parse", `${headRef}^{commit}`])).toString().trim());
      });
      if (head === null) throw new AdapterError("UNEXPECTED_ANSWER", "git answered no commit for the branch");
      const keyDirs = [...builder.configuration.keyDirs, join(builder.directory, "qubesbuilder/plugins/fetch/keys")];
      return open(running, component, keyDirs, head);
    },
  };
}

async function create(options: GitOptions): Promise<void> {
  if (existsSync(join(options.repository, "HEAD"))) return;
  mkdirSync(options.repository, { recursive: true });
  await capture({
    program: "git",
    args: ["init", "--quiet", "--bare", "--template=", options.repository],
    directory: options.repository,
    environment: { ...options.environment, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
    limitMs: 120_000,
    signal: options.signal,
  });
}

async function update(options: GitOptions, component: ComponentConfiguration): Promise<void> {
  const refspecs = [`+refs/heads/${component.branch}:${headRef}`, `+refs/tags/*:${incoming}*`];
  try {
    await git(options, [
      "fetch",
      "--quiet",
      "--no-tags",
      "--prune",
      "--no-write-fetch-head",
      "--",
      component.url,
      ...refspecs,
    ]);
  } catch (error) {
    if (error instanceof AdapterError && error.code === "EXIT_STATUS") {
      throw new AdapterError("UNREACHABLE", `${component.url} (branch ${component.branch}): ${error.message}`, error);
    }
    throw error;
  }
  await rememberTags(options);
}

/** Ref and object of everything below a prefix. */
async function refs(options: GitOptions, prefix: string): Promise<Map<string, string>> {
  const text = (await git(options, ["for-each-ref", "--format=%(objectname) %(refname)", prefix])).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(41 + prefix.length), line.slice(0, 40)]));
}

async function rememberTags(options: GitOptions): Promise<void> {
  const [now, before] = [await refs(options, incoming), await refs(options, known)];
  const fresh = [...now].filter(([name]) => !before.has(name));
  if (fresh.length === 0) return;
  const commands = fresh.map(([name, object]) => `create ${known}${name}\0${object}\0`).join("");
  await git(options, ["update-ref", "--stdin", "-z"], { input: commands });
}

function open(
  options: GitOptions,
  component: ComponentConfiguration,
  keyDirs: readonly string[],
  head: CommitSha,
): FetchedSource {
  const exists = async (commit: CommitSha): Promise<boolean> =>
    (await gitStatus(options, ["cat-file", "-e", `${commit}^{commit}`])) === 0;
  return {
    head,
    facts: async (commit) =>
      readFacts({
        git: options,
        commit,
        maintainers: component.verificationMode === "insecure-skip-checking" ? [] : component.maintainers,
        keyDirs,
        incoming: await refs(options, incoming),
        known: await refs(options, known),
      }),
    descends: async (commit, ancestor) =>
      (await exists(ancestor)) && (await gitStatus(options, ["merge-base", "--is-ancestor", ancestor, commit])) === 0,
    describe: async (commit) => {
      if (!(await exists(commit))) throw new AdapterError("NOT_FOUND", `${component.url} has no commit ${commit}`);
      return (await git(options, ["describe", "--match", "v*", "--always", commit])).toString("utf8").trim();
    },
    history: (previous, commit) => readHistory(options, component.url, previous, commit),
    file: (commit, path) => readFile(options, commit, path),
    files: (commit) => listFiles(options, commit),
    time: async (commit) =>
      Number((await git(options, ["show", "-s", "--no-show-signature", "--format=%ct", commit, "--"])).toString()),
    archive: async (commit, prefix, file) => {
      await git(options, ["archive", "--format=tar.gz", `--prefix=${prefix}/`, `--output=${file}`, commit]);
    },
    checkout: async (commit, directory) => {
      mkdirSync(directory, { recursive: true });
      const environment = { GIT_INDEX_FILE: `${directory}.index` };
      await git(options, [`--work-tree=${directory}`, "read-tree", commit], { environment });
      await git(options, [`--work-tree=${directory}`, "checkout-index", "--all", "--quiet"], { environment });
    },
  };
}
