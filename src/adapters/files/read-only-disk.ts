import { AdapterError } from "../../domain/index.ts";
import type { Disk } from "./disk.ts";

/** A disk that can be read and not written: whatever would change it throws AdapterError `READ_ONLY`, before it is begun. */
export function readOnlyDisk(disk: Disk): Disk {
  const refuse = (path: string): never => {
    throw new AdapterError("READ_ONLY", `${path}: in shadow mode nothing is written here`);
  };
  return {
    read: (path) => disk.read(path),
    list: (path) => disk.list(path),
    stat: (path) => disk.stat(path),
    write: refuse,
    append: refuse,
    replace: refuse,
    syncFile: refuse,
    syncDirectory: refuse,
    syncAll: async () => refuse("a file"),
    link: (_from, to) => refuse(to),
    rename: (_from, to) => refuse(to),
    remove: refuse,
    makeDirectory: refuse,
  };
}
