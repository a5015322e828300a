import type { CommitSha } from "../../domain/index.ts";
import { type GitOptions, git } from "./git-command.ts";

/** Recipes are small; whatever is larger is not one. */
const mostBytes = 4 << 20;

interface Blob {
  readonly path: string;
  readonly object: string;
  readonly size: number;
}

/** The plain files of a commit, read from git's objects: a symbolic link in the tree leads nowhere here. */
async function blobs(options: GitOptions, commit: CommitSha, paths: readonly string[]): Promise<Blob[]> {
  const args = ["--literal-pathspecs", "ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", ...paths];
  const text = (await git(options, args)).toString("utf8");
  return text.split("\0").flatMap((line) => {
    const parts = /^100(?:644|755|664) blob ([0-9a-f]{40}) +([0-9]+)\t(.+)$/s.exec(line);
    const [, object, size, path] = parts ?? [];
    return object === undefined || path === undefined ? [] : [{ path, object, size: Number(size) }];
  });
}

/** The paths of a commit's plain files. */
export async function listFiles(options: GitOptions, commit: CommitSha): Promise<readonly string[]> {
  return (await blobs(options, commit, [])).map(({ path }) => path);
}

/** One plain file's bytes; null where the commit has none there, or one that is too large. */
export async function readFile(options: GitOptions, commit: CommitSha, path: string): Promise<Buffer | null> {
  const found = (await blobs(options, commit, [path])).find((blob) => blob.path === path);
  if (found === undefined || found.size > mostBytes) return null;
  return git(options, ["cat-file", "blob", found.object]);
}
