/** A fingerprint of all files under a directory, to tell whether anything moved. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Path → SHA-256 of the content, sorted; empty where there is no such directory. */
export function printTree(directory: string): ReadonlyMap<string, string> {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(directory);
  } catch (fault) {
    if (fault instanceof Error && "code" in fault && fault.code === "ENOENT") return new Map();
    throw fault;
  }
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path);
      return [path.slice(directory.length + 1), createHash("sha256").update(content).digest("hex")] as const;
    });
  return new Map(files.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The paths that differ between two prints. */
export function changedPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}

const readEntries = (directory: string) => readdirSync(directory, { recursive: true, withFileTypes: true });
