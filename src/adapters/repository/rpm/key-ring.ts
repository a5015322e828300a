/** Key rings of this process, one for each certificate; each in a directory that goes when the process ends. */
import { hash } from "node:crypto";
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armorKey } from "./armor.ts";

const stem = "rb-rpmkeys-";
const dayMs = 24 * 3600 * 1000;

const keyRings = new Map<string, string>();

/** A directory of keys, which rpm reads instead of a database: nothing is imported, and nothing of the machine's is known. */
export function keyRingOf(certificate: Uint8Array): string {
  const name = hash("sha256", certificate);
  const known = keyRings.get(name);
  // Whoever tidies up /tmp may have taken it: without it no package's signature would be good any more.
  if (known !== undefined && existsSync(join(known, "only.key"))) return known;
  removeStaleKeyRings(tmpdir(), new Date());
  const directory = mkdtempSync(join(tmpdir(), `${stem}${process.pid}-`));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "only.key"), armorKey(certificate));
  keyRings.set(name, directory);
  return directory;
}

/** Removes what processes of this user left that were killed; of names that say no process, what is older than a day. */
export function removeStaleKeyRings(directory: string, now: Date): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(stem)) continue;
    const path = join(directory, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    const pid = /^([0-9]+)-/.exec(name.slice(stem.length))?.[1];
    const isStale = pid === undefined ? now.getTime() - found.mtimeMs > dayMs : !existsSync(`/proc/${pid}`);
    if (isStale) rmSync(path, { recursive: true, force: true });
  }
}
