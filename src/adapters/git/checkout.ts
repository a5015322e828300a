import { existsSync } from "node:fs";
import { join } from "node:path";
import { AdapterError, type CommitSha, type Fingerprint, parseCommitSha } from "../../domain/index.ts";
import { readFacts } from "./facts.ts";
import { type GitOptions, git, gitStatus } from "./git-command.ts";

/** A checkout of a builder or of configurations that jobs run with: code that the agent trusts. */
export interface Checkout {
  readonly directory: string;
  readonly branch: string;
  /** Who may sign its commits or tags: the builder-maintainers. */
  readonly maintainers: readonly Fingerprint[];
  readonly keyDirs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** What became of it. `kept`: the old state stands, for the reason given. */
export type CheckoutUpdate =
  | { readonly kind: "current"; readonly commit: CommitSha }
  | { readonly kind: "updated"; readonly from: CommitSha; readonly to: CommitSha }
  | { readonly kind: "kept"; readonly commit: CommitSha | null; readonly reason: string };

const fetched = "refs/release-bot/head";
const tags = "refs/release-bot/tags/";

/**
 * Brings a checkout up to date as the predecessor does, but checked: what was fetched must be signed (the commit itself, or a
 * tag on it) by one of the maintainers, and be a fast-forward. Otherwise the old state is kept, and said. Never throws
 * for what the world does.
 */
export async function updateCheckout(checkout: Checkout): Promise<CheckoutUpdate> {
  let commit: CommitSha | null = null;
  try {
    const options: GitOptions = { ...checkout, repository: join(checkout.directory, ".git") };
    if (!existsSync(options.repository))
      return { kind: "kept", commit, reason: `${checkout.directory} is no git checkout` };
    commit = await revision(options, "HEAD");
    const refspecs = [`+refs/heads/${checkout.branch}:${fetched}`, `+refs/tags/*:${tags}*`];
    await git(options, ["fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head", "origin", ...refspecs]);
    const to = await revision(options, fetched);
    if (to === commit) return { kind: "current", commit };
    const kept = (reason: string): CheckoutUpdate => ({ kind: "kept", commit, reason });
    if ((await gitStatus(options, ["merge-base", "--is-ancestor", commit, to])) !== 0) {
      return kept(`${to.slice(0, 12)} is no fast-forward of ${commit.slice(0, 12)}`);
    }
    const refusal = await unsigned(options, checkout, to);
    if (refusal !== null) return kept(refusal);
    const args = [`--work-tree=${checkout.directory}`, "merge", "--quiet", "--ff-only", to];
    if ((await gitStatus(options, args)) !== 0) return kept("its files were changed by hand, or cannot be written");
    return { kind: "updated", from: commit, to };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { kind: "kept", commit, reason: error.message };
  }
}

async function revision(options: GitOptions, name: string): Promise<CommitSha> {
  const commit = parseCommitSha((await git(options, ["rev-parse", "--verify", `${name}^{commit}`])).toString().trim());
  if (commit === null) throw new AdapterError("UNEXPECTED_ANSWER", `git answered no commit for ${name}`);
  return commit;
}

/** Null where a maintainer signed the commit, or a tag that names it; else why not. */
async function unsigned(options: GitOptions, checkout: Checkout, commit: CommitSha): Promise<string | null> {
  const listed = (await git(options, ["for-each-ref", "--format=%(objectname) %(refname)", tags])).toString("utf8");
  const lines = listed.split("\n").filter((line) => line !== "");
  const incoming = new Map(lines.map((line) => [line.slice(41 + tags.length), line.slice(0, 40)]));
  const { maintainers, keyDirs } = checkout;
  const facts = await readFacts({ git: options, commit, maintainers, keyDirs, incoming, known: new Map() });
  if (facts.commitSignature.kind === "good") return null;
  const good = facts.tags.some((tag) => tag.objectName === tag.ref && tag.namesCommit && tag.signature.kind === "good");
  if (good) return null;
  const why = facts.commitSignature.kind === "bad" ? facts.commitSignature.reason : "it is not signed";
  return `${commit.slice(0, 12)} is signed by no builder maintainer: ${why}`;
}
