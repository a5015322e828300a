/**
 * Directories for work in progress, below the system's temporary directory. A process that is killed leaves its own; the
 * next one of the same user that makes any removes it: their names say whose they are.
 */
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const stem = "rb-scratch-";
const dayMs = 24 * 3600 * 1000;

/** Once in the life of a program, before it makes one itself: what its killed forerunners left is over. */
let hasSwept = false;

/** Makes a directory that only this user can read; `what` it is for stands in its name. Whoever makes it removes it. */
export function makeScratch(what: string): string {
  if (!hasSwept) removeStaleScratch(tmpdir(), new Date());
  hasSwept = true;
  return mkdtempSync(join(tmpdir(), `${stem}${ownNamespace()}-${process.pid}-${what}-`));
}

/** Does some work in such a directory, which is gone afterwards however the work ends. */
export async function inScratch<T>(what: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = makeScratch(what);
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Removes what processes of this user left that have ended; of other process namespaces, what is older than a day. */
export function removeStaleScratch(directory: string, now: Date): void {
  const namespace = ownNamespace();
  for (const name of readdirSync(directory)) {
    const [, where, pid] = /^rb-scratch-([0-9]+)-([0-9]+)-/.exec(name) ?? [];
    if (where === undefined) continue;
    const path = join(directory, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    const isStale = where === namespace ? !isRunning(Number(pid)) : now.getTime() - found.mtimeMs > dayMs;
    if (!isStale) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process removes it at the same time; what is left is the next one's.
    }
  }
}

/** The number of the process namespace: elsewhere another process has our number. */
function ownNamespace(): string {
  try {
    return /[0-9]+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    // A system without them.
    return "0";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
