import { type CommitSha, parseCommitSha, type SourceHistory } from "../../domain/index.ts";
import { type GitOptions, git } from "./git-command.ts";

/** More than anybody reads; keeps a first build's whole history out of a comment. */
const mostCommits = 200;

/** The commits after `previous` up to `commit`, newest first; without a `previous` only the commit itself. */
export async function readHistory(
  options: GitOptions,
  url: string,
  previous: CommitSha | null,
  commit: CommitSha,
): Promise<SourceHistory> {
  const range = previous === null ? ["-1", commit] : [`-${mostCommits}`, `${previous}..${commit}`];
  const args = ["log", "--no-show-signature", "--no-decorate", "-z", "--format=%H%n%s%n%b", ...range, "--"];
  const text = (await git(options, args)).toString("utf8");
  const commits = text.split("\0").flatMap((entry) => {
    const [first = "", subject = "", ...body] = entry.split("\n");
    const sha = parseCommitSha(first);
    return sha === null ? [] : [{ sha, subject, body: body.join("\n").trimEnd() }];
  });
  return { url: url.replace(/\.git$/, ""), previous, commits };
}
