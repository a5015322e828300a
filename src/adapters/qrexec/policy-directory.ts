import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import type { PolicyFiles } from "../../formats/qrexec/index.ts";

/** Far above any real policy; against a directory that is something else. */
const mostFiles = 2_000;

/**
 * Reads a policy directory (`/etc/qubes/policy.d` or a copy), its sub-directories for includes, and, where the copy has kept
 * dom0's layout, the one below `/run` and the old one of Qubes 4.0. Throws AdapterError `NOT_FOUND`.
 */
export function readPolicyDirectory(directory: string): PolicyFiles {
  const files = readFiles(directory);
  if (files === null) throw new AdapterError("NOT_FOUND", `${directory}: is no directory that can be read`);
  // What lies around any other directory is somebody else's.
  const asInDom0 = resolve(directory).endsWith("/etc/qubes/policy.d");
  const beside = (path: string) => (asInDom0 ? readFiles(join(directory, path)) : null);
  return { files, runtime: beside("../../../run/qubes/policy.d"), legacy: beside("../../qubes-rpc/policy") };
}

function readFiles(directory: string): Map<string, Uint8Array> | null {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(directory);
  } catch {
    return null;
  }
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    if (files.size >= mostFiles) throw new AdapterError("CONFIGURATION", `${directory}: more than ${mostFiles} files`);
    const path = join(entry.parentPath, entry.name);
    try {
      files.set(relative(directory, path), readFileSync(path));
    } catch (cause) {
      // A policy of which a part is missing must not be judged as if it were whole.
      throw new AdapterError("DENIED", `${path}: cannot be read`, cause);
    }
  }
  return files;
}

function list(directory: string) {
  return readdirSync(directory, { recursive: true, withFileTypes: true });
}
