import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * reprepro's lock is a file that a kill leaves behind, and that fails every run after it. It is removed only where no
 * process has the database open and none runs as reprepro for this archive.
 */
export function removeStaleLock(base: string): void {
  const lock = join(base, "db/lockfile");
  if (existsSync(lock) && !isInUse(base)) rmSync(lock, { force: true });
}

function isInUse(base: string): boolean {
  return readdirSync("/proc").some((pid) => /^[0-9]+$/.test(pid) && Number(pid) !== process.pid && uses(pid, base));
}

function uses(pid: string, base: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    if (/(^|\/)reprepro$/.test(words[0] ?? "")) return true;
    const files = readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    return files.some((file) => file.startsWith(join(base, "db/")));
  } catch {
    // It has ended meanwhile, or is another user's, who cannot have opened our database for writing.
    return false;
  }
}
