import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { AdapterError } from "../../../domain/index.ts";

/** A reprepro that outlives the process that started it ends within this time, or somebody has to look. */
const limitMs = 5 * 60_000;

/**
 * reprepro's lock is a file that a kill leaves behind, and that fails every run after it. It is removed only where no
 * process has the database open and none runs as reprepro for this archive.
 */
export function removeStaleLock(base: string): void {
  if (!isInUse(base)) rmSync(join(base, "db/lockfile"), { force: true });
}

/**
 * Waits until nobody is at the database: kill a program, and the reprepro that it started goes on. Throws AdapterError
 * `TIMEOUT`.
 */
export async function untilUnused(base: string): Promise<void> {
  for (let waited = 0; isInUse(base); waited += 50) {
    if (waited >= limitMs) throw new AdapterError("TIMEOUT", `${base}/db is in use by another process`);
    await new Promise((resolved) => setTimeout(resolved, 50));
  }
  removeStaleLock(base);
}

function isInUse(base: string): boolean {
  return readdirSync("/proc").some((pid) => /^[0-9]+$/.test(pid) && Number(pid) !== process.pid && uses(pid, base));
}

function uses(pid: string, base: string): boolean {
  try {
    // Not by its first word: a program may put any text there, npm the words that it was called with.
    if (readFileSync(`/proc/${pid}/comm`, "utf8") === "reprepro\n") {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (mayBeOf(pid, words.slice(1), base)) return true;
    }
    const files = readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    return files.some((file) => file.startsWith(join(base, "db/")));
  } catch {
    // It has ended meanwhile, or is another user's, who cannot have opened our database for writing.
    return false;
  }
}

/** Whether a reprepro of these words may be at this archive: not where they name another one. */
function mayBeOf(pid: string, words: readonly string[], base: string): boolean {
  const at = words.findIndex((word) => /^(-b|--basedir$|--basedir=)/.test(word));
  if (at < 0) return true;
  const word = words[at] ?? "";
  const named = /^(?:--basedir=|-b)(.+)$/.exec(word)?.[1] ?? words[at + 1] ?? "";
  return resolve(readlinkSync(`/proc/${pid}/cwd`), named) === resolve(base);
}
