import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { PackageFile } from "../../../build/ports.ts";
import { AdapterError, type Sha256 } from "../../../domain/index.ts";

/** Names that packages have; what else lies beside them stays. No leading dash: they become arguments. */
const packageName =
  /^[A-Za-z0-9][A-Za-z0-9._+~:@^-]{0,200}\.(?:rpm|deb|udeb|ddeb|dsc|changes|buildinfo|tar\.(?:gz|xz|bz2|zst)|pkg\.tar\.(?:zst|xz|gz))$/;

/** Hashes a file of ours. */
export function describePackage(path: string): PackageFile {
  const hash = createHash("sha256");
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    let size = 0;
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
      size += read;
    }
    return { path, sha256: hash.digest("hex") as Sha256, size };
  } finally {
    closeSync(file);
  }
}

/**
 * Copies what a build made out of its directory into one that it never reached. The build is over, but what it left is
 * its author's choice: a link to the agent's own files, a pipe that is never written. Only plain files with one name
 * count, opened without following links.
 */
export function collectPackages(from: string, to: string): string[] {
  if (!lstatSync(from).isDirectory())
    throw new AdapterError("UNEXPECTED_ANSWER", "the build removed its output directory");
  mkdirSync(to, { recursive: true });
  const result: string[] = [];
  for (const name of readdirSync(from).sort()) {
    if (!packageName.test(name)) continue;
    const target = join(to, name);
    copyPlain(join(from, name), target);
    result.push(target);
  }
  return result;
}

function copyPlain(from: string, to: string): void {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let source: number;
  try {
    source = openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw new AdapterError("UNEXPECTED_ANSWER", `${from.split("/").at(-1)} is not a plain file`, error);
  }
  try {
    const { nlink } = fstatSync(source);
    if (!fstatSync(source).isFile() || nlink !== 1) {
      throw new AdapterError("UNEXPECTED_ANSWER", `${from.split("/").at(-1)} is not a plain file`);
    }
    const target = openSync(to, "wx", 0o644);
    try {
      const buffer = Buffer.allocUnsafe(1 << 20);
      for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer)) {
        for (let at = 0; at < read; ) at += writeSync(target, buffer, at, read - at);
      }
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}
