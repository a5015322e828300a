import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One call that the stand-in took. */
export interface QbCall {
  readonly words: readonly string[];
  readonly socket: string | null;
  readonly cwd: string;
}

/** A builder's directory with a stand-in for builder v2's `qb`, which fetches from `remote`. */
export function makeV2Builder(directory: string, remote: string): { calls: () => QbCall[] } {
  mkdirSync(directory, { recursive: true });
  copyFileSync(join(import.meta.dirname, "stand-ins/qb.mjs"), join(directory, "qb"));
  chmodSync(join(directory, "qb"), 0o755);
  writeFileSync(join(directory, "remote"), `${remote}\n`);
  writeFileSync(join(directory, "builder.yml"), "qubes-release: r4.3\n");
  const calls = join(directory, "calls");
  return {
    calls: () =>
      (existsSync(calls) ? readFileSync(calls, "utf8") : "")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as QbCall),
  };
}
