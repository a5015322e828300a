import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether somebody holds `DIRECTORY/builder.lock` now, by the kernel's own list of locks: looked at, and not tried, since whoever
 * tries it holds it for a moment, and a predecessor's `flock --nonblock` would fail in just that moment. False where it cannot be told.
 */
export function isBuilderLockHeld(directory: string): boolean {
  const lock = statSync(join(directory, "builder.lock"), { throwIfNoEntry: false });
  if (lock === undefined) return false;
  try {
    // `1: FLOCK  ADVISORY  WRITE 708 08:01:13314 0 EOF`; the file systems that number their devices otherwise are few.
    const inode = new RegExp(`^\\d+: FLOCK +\\S+ +\\S+ +\\d+ [0-9a-f]+:[0-9a-f]+:${lock.ino} `, "m");
    return inode.test(readFileSync("/proc/locks", "utf8"));
  } catch {
    return false;
  }
}
