/**
 * Pushing the logs branch. Never by force, and never on top of what the logs key has not signed: whoever can write to the
 * remote (its host, a stolen deploy key) can stop logs from being published, and is then named, but cannot slip anything
 * under our signature or make us take anything back.
 */
import type { CommitSha } from "../../domain/index.ts";
import { lastLines } from "./git.ts";
import type { LogsRepository } from "./logs-repository.ts";

/** What became of one push. */
export type PushOutcome =
  | { readonly kind: "pushed"; readonly head: CommitSha }
  /** The remote's branch went on by commits of the logs key: ours now stands on them too. To be pushed again. */
  | { readonly kind: "joined" }
  | { readonly kind: "rejected" | "unreachable" | "diverged"; readonly reason: string };

/** Where it is kept what was pushed last. */
export const pushedRef = "refs/release-bot/pushed";
const remoteRef = "refs/release-bot/remote";

/** Pushes the branch as it stands. Throws nothing. */
export async function pushLogs(repository: LogsRepository, timeoutMs: number): Promise<PushOutcome> {
  const { git, head } = repository;
  const { remote } = repository.settings;
  if (head === null || remote === null)
    return { kind: "unreachable", reason: "there is nothing to push, or nowhere to" };
  try {
    const args = ["push", "--porcelain", "--no-verify", remote, `${head}:${repository.ref}`];
    const { status, stdout, stderr } = await git.try(args, { timeoutMs });
    if (status === 0) {
      await git.run(["update-ref", pushedRef, head]);
      return { kind: "pushed", head };
    }
    const said = stdout.toString("utf8");
    if (/^!.*\[remote rejected\]/m.test(said)) return { kind: "rejected", reason: rejection(stderr, said) };
    if (/^!.*\[rejected\]/m.test(said)) return { kind: "diverged", reason: "the remote branch has commits of others" };
    return { kind: "unreachable", reason: lastLines(stderr) };
  } catch (error) {
    return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What the remote's hooks said, or else what git makes of it. */
function rejection(stderr: string, porcelain: string): string {
  const lines = stderr.split("\n").filter((line) => line.startsWith("remote: ") && line.trim() !== "remote:");
  return lastLines(lines.length > 0 ? lines.join("\n") : (/^!.*$/m.exec(porcelain)?.[0] ?? stderr));
}

/**
 * Looks at the remote's branch and takes over what the logs key signed there (a second logs qube, or a restored backup of
 * this one). Only while nobody commits. Throws nothing.
 */
export async function joinRemote(repository: LogsRepository, timeoutMs: number): Promise<PushOutcome> {
  const { git, ref } = repository;
  const { remote } = repository.settings;
  if (remote === null) return { kind: "unreachable", reason: "no remote is configured" };
  try {
    const fetched = await git.try(["fetch", "--no-tags", "--quiet", remote, `+${ref}:${remoteRef}`], { timeoutMs });
    if (fetched.status !== 0) {
      const absent = /couldn't find remote ref/.test(fetched.stderr);
      return absent ? { kind: "joined" } : { kind: "unreachable", reason: lastLines(fetched.stderr) };
    }
    const theirs = await repository.resolve(remoteRef);
    const ours = repository.head;
    if (theirs === null || (ours !== null && (await isAncestor(repository, theirs, ours)))) return { kind: "joined" };
    const pushed = await repository.resolve(pushedRef);
    if (pushed !== null && !(await isAncestor(repository, pushed, theirs))) {
      return { kind: "diverged", reason: `the remote branch no longer contains ${pushed}, which was pushed to it` };
    }
    if (!(await isSignedByLogsKey(repository, theirs))) {
      return { kind: "diverged", reason: `the remote branch stands at ${theirs}, which the logs key has not signed` };
    }
    if (ours === null || (await isAncestor(repository, ours, theirs))) {
      await git.run(["update-ref", ref, theirs, ours ?? "0".repeat(40)]);
    } else {
      const args = ["merge-tree", "--write-tree", "--allow-unrelated-histories", ours, theirs];
      const merged = await git.try(args);
      if (merged.status !== 0) {
        return { kind: "diverged", reason: `${theirs} and ${ours} have different logs under one name` };
      }
      const tree = merged.stdout.toString("latin1").split("\n")[0] ?? "";
      await repository.advance(tree, [ours, theirs], "Join the logs of two receivers\n");
    }
    await repository.reload();
    return { kind: "joined" };
  } catch (error) {
    return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function isAncestor(repository: LogsRepository, older: CommitSha, newer: CommitSha): Promise<boolean> {
  return (await repository.git.try(["merge-base", "--is-ancestor", older, newer])).status === 0;
}

async function isSignedByLogsKey(repository: LogsRepository, commit: CommitSha): Promise<boolean> {
  const { gpg, signingKey } = repository.settings;
  const args = ["-c", `gpg.program=${gpg}`, "verify-commit", "--raw", commit];
  const { status, stderr } = await repository.git.try(args);
  const signers = [...stderr.matchAll(/^\[GNUPG:\] VALIDSIG ([0-9A-F]{40})(?: \S+){8} ([0-9A-F]{40})$/gm)];
  const good = (stderr.match(/^\[GNUPG:\] GOODSIG /gm) ?? []).length;
  return status === 0 && good === 1 && signers.length === 1 && signers[0]?.slice(1).includes(signingKey) === true;
}
