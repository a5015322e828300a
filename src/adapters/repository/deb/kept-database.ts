/**
 * reprepro's database as it was before a change of ours, kept aside and durable until the suite is known to have been
 * committed, or not. There is one for each archive: a change of one suite must be settled before any of its others is
 * changed, since all of them share the database.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import type { Disk } from "../../files/index.ts";
import { type Place, stateDirectory } from "../place.ts";

/** What was kept: for the change of which suite, and by which identity that suite is known as it was. */
export interface KeptDatabase {
  readonly place: Place;
  readonly identity: string;
  /** Files of the pool that only this change brings, relative to the root: they go where it does not happen. */
  readonly brings: readonly string[];
}

interface Where {
  readonly disk: Disk;
  readonly root: string;
}

/** Relative to the root; beneath it a directory an archive. */
export const keptDirectory = `${stateDirectory}/reprepro`;

function keptAt(root: string, place: Place): string {
  return join(root, keptDirectory, place.sharedKey ?? place.key);
}

/** Keeps the database that lies in `database`; it is the one to go back to from now on. */
export function keepDatabase({ disk, root }: Where, database: string, kept: KeptDatabase): void {
  const directory = keptAt(root, kept.place);
  rmSync(directory, { recursive: true, force: true });
  disk.makeDirectory(join(directory, "db"));
  for (const name of disk.list(database).filter(isData)) {
    disk.write(join(directory, "db", name), disk.read(join(database, name)));
    disk.syncFile(join(directory, "db", name));
  }
  disk.syncDirectory(join(directory, "db"));
  const above = [directory, join(root, keptDirectory), join(root, stateDirectory), root];
  for (const one of above) disk.syncDirectory(one);
  // Last: without it there is nothing to go back to.
  disk.replace(join(directory, "kept.json"), JSON.stringify(kept));
}

/** What is kept for the archive of that place; null where there is nothing. Throws AdapterError `UNEXPECTED_ANSWER`. */
export function keptDatabase({ disk, root }: Where, place: Pick<Place, "sharedKey" | "key">): KeptDatabase | null {
  const path = join(root, keptDirectory, place.sharedKey ?? place.key, "kept.json");
  if (disk.stat(path) === null) return null;
  const value = JSON.parse(disk.read(path).toString("utf8")) as Partial<KeptDatabase>;
  const { place: of, identity, brings } = value;
  if (typeof identity !== "string" || typeof of?.key !== "string" || !Array.isArray(brings)) {
    throw new AdapterError("UNEXPECTED_ANSWER", `${path} is not one that release-bot wrote`);
  }
  return { place: of, identity, brings };
}

/** Puts the kept database back; nothing may have it open. */
export function putBack({ disk, root }: Where, database: string, { place, brings }: KeptDatabase): void {
  const from = join(keptAt(root, place), "db");
  for (const name of disk.list(from)) disk.replace(join(database, name), disk.read(join(from, name)));
  for (const path of brings) disk.remove(join(root, path));
}

/** What reprepro wrote is on the disk, whatever happens to the machine. */
export function syncWritten({ disk, root }: Where, base: string, brings: readonly string[]): void {
  const directories = new Set([`${base}/db`, base]);
  const data = disk.list(join(root, `${base}/db`)).filter(isData);
  for (const path of [...data.map((name) => `${base}/db/${name}`), ...brings]) {
    disk.syncFile(join(root, path));
    for (let one = dirname(path); one !== base; one = dirname(one)) directories.add(one);
  }
  for (const directory of directories) disk.syncDirectory(join(root, directory));
}

/** The change has been settled. */
export function forgetKept({ disk, root }: Where, { place }: KeptDatabase): void {
  const directory = keptAt(root, place);
  disk.remove(join(directory, "kept.json"));
  disk.syncDirectory(directory);
  rmSync(directory, { recursive: true, force: true });
}

function isData(name: string): boolean {
  return name !== "lockfile";
}
