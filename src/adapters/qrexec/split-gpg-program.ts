import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How this very program is started. */
export interface OwnProgram {
  /** Node's binary: `process.execPath`. */
  readonly node: string;
  /** The entry: `process.argv[1]`. */
  readonly entry: string;
}

/**
 * Writes a program that can be named wherever a tool expects `gpg` and gives it no arguments of ours (rpm's `%__gpg`):
 * `release-bot gpg-client`. What it needs to know comes in its environment. Answers its path.
 */
export function writeGpgClientProgram(directory: string, own: OwnProgram): string {
  const path = join(directory, "release-bot-gpg");
  writeFileSync(path, `#!/bin/sh\nexec ${quoted(own.node)} ${quoted(own.entry)} gpg-client "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A word as the shell takes it literally. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
