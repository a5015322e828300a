import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Disk } from "../../files/index.ts";
import { sha256Of } from "../digests.ts";
import { type DebSnapshot, releaseText } from "./deb-snapshot.ts";

interface Fault {
  readonly path: string;
  readonly what: string;
}

/** Checks each index, by name and by hash, against Release, and Release against InRelease and its detached signature. */
export async function checkDeb(
  disk: Disk,
  root: string,
  snapshot: DebSnapshot,
  detached: (signature: Uint8Array, bytes: Uint8Array) => Promise<string | null>,
): Promise<Fault[]> {
  const { place, release } = snapshot;
  const suite = `${place.base}/dists/${place.suite}`;
  const read = (path: string): Buffer | null =>
    disk.stat(join(root, path)) === null ? null : disk.read(join(root, path));
  const faults: Fault[] = [];
  const listed = new Set((release?.entries ?? []).map((entry) => entry.path));
  for (const { path, sha256, size } of release?.entries ?? []) {
    // An index may be listed by what it inflates to, and lie there packed only, as Debian's own do.
    if (listed.has(`${path}.gz`) && disk.stat(join(root, `${suite}/${path}`)) === null) continue;
    const folder = path.slice(0, path.lastIndexOf("/"));
    const byHash = `${suite}/${folder}/by-hash/SHA256/${sha256}`;
    const places = disk.stat(join(root, `${suite}/${folder}/by-hash`)) === null ? [] : [byHash];
    for (const where of [`${suite}/${path}`, ...places]) {
      const bytes = read(where);
      if (bytes === null) faults.push({ path: where, what: "is named by Release, and not there" });
      else if (bytes.length !== size || sha256Of(bytes) !== sha256)
        faults.push({ path: where, what: "is not what Release says" });
    }
    const packed = read(`${suite}/${path}.gz`);
    const plain = read(`${suite}/${path}`);
    if (packed !== null && plain !== null && !inflatesTo(packed, plain)) {
      faults.push({ path: `${suite}/${path}.gz`, what: "does not inflate to the file without .gz" });
    }
  }
  const text = read(`${suite}/Release`);
  if (text !== null) {
    const signature = read(`${suite}/Release.gpg`);
    const wrong = signature === null ? "it is not signed" : await detached(signature, text);
    if (wrong !== null) faults.push({ path: `${suite}/Release`, what: wrong });
    const clear = releaseText(disk, join(root, suite)) ?? "";
    if (clear.trimEnd() !== text.toString("utf8").trimEnd()) {
      faults.push({ path: `${suite}/InRelease`, what: "does not say what Release says" });
    }
  }
  return faults;
}

function inflatesTo(packed: Buffer, plain: Buffer): boolean {
  try {
    return gunzipSync(packed).equals(plain);
  } catch {
    // No gzip file at all: that is the fault to be named.
    return false;
  }
}
