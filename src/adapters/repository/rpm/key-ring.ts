/** Key rings of this process, one for each certificate; each in a directory that goes when the process ends. */
import { hash } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeScratch } from "../../files/index.ts";
import { armorKey } from "./armor.ts";

const keyRings = new Map<string, string>();

/** A directory of keys, which rpm reads instead of a database: nothing is imported, and nothing of the machine's is known. */
export function keyRingOf(certificate: Uint8Array): string {
  const name = hash("sha256", certificate);
  const known = keyRings.get(name);
  // Whoever tidies up /tmp may have taken it: without it no package's signature would be good any more.
  if (known !== undefined && existsSync(join(known, "only.key"))) return known;
  const directory = makeScratch("rpmkeys");
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "only.key"), armorKey(certificate));
  keyRings.set(name, directory);
  return directory;
}
