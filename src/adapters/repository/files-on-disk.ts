import { poolDirectory } from "./deb/pool.ts";
import type { Snapshot } from "./engine.ts";
import type { Place } from "./place.ts";
import type { Tree } from "./tree.ts";

/**
 * Where files of a repository lie, by base name, relative to the root: listed ones where the metadata says, others
 * (buildinfo, an Arch package's signature) beside the packages. Only of those names, and only what is there.
 */
export function filesOnDisk(tree: Tree, snapshot: Snapshot, names: readonly string[]): ReadonlyMap<string, string> {
  const { place } = snapshot;
  const wanted = new Set(names);
  const found = new Map<string, string>();
  const entries = snapshot.entries();
  for (const file of entries.flatMap((entry) => entry.files)) {
    if (wanted.has(file.file)) found.set(file.file, `${place.base}/${file.path}`);
  }
  const directories = new Set([...found.values()].map((path) => path.slice(0, path.lastIndexOf("/"))));
  for (const name of names) {
    if (found.has(name)) continue;
    const path = [...directories, ...elsewhere(tree, place, name)]
      .map((one) => `${one}/${name}`)
      .find((one) => exists(tree, one));
    if (path === undefined) continue;
    found.set(name, path);
    directories.add(path.slice(0, path.lastIndexOf("/")));
  }
  for (const [name, path] of found) if (!exists(tree, path)) found.delete(name);
  return found;
}

/** Where else a file can lie: beside all other packages, or in the pool's directory of any source package. */
function* elsewhere(tree: Tree, place: Place, name: string): Generator<string> {
  if (place.type === "rpm") yield `${place.base}/rpm`;
  if (place.type === "archlinux") yield place.base;
  if (place.type !== "deb") return;
  yield `${place.base}/${poolDirectory(name.split("_")[0] ?? name)}`;
  const pool = `${place.base}/pool/main`;
  for (const prefix of tree.options.disk.list(tree.at(pool))) {
    for (const source of tree.options.disk.list(tree.at(`${pool}/${prefix}`))) yield `${pool}/${prefix}/${source}`;
  }
}

function exists(tree: Tree, path: string): boolean {
  return tree.options.disk.stat(tree.at(path)) !== null;
}
