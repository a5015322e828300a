/** The machine's processes as /proc shows them: to find what a killed run left, and to end nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Set, to the run's root directory, in the environment of everything that the lab starts. */
export const runMark = "RELEASE_BOT_LAB";

/**
 * When a process began, in clock ticks since boot: with its pid it names one process, also after pids are used again.
 * Null where there is none; one that is dead and only waits to be reaped is none.
 */
export function processStart(pid: number): string | null {
  const fields = statFields(pid);
  return fields === null || fields[0] === "Z" ? null : (fields[19] ?? null);
}

/** The parent's pid; null where there is no such process. */
function processParent(pid: number): number | null {
  const parent = statFields(pid)?.[1];
  return parent === undefined ? null : Number(parent);
}

/** Calls back once our parent or its parent is another than now: npm and its shell, which may be killed without a word to us. */
export function watchParents(gone: () => void): void {
  const parents = (): string => `${process.ppid} ${processParent(process.ppid) ?? "none"}`;
  const now = parents();
  const timer = setInterval(() => {
    if (parents() === now) return;
    clearInterval(timer);
    gone();
  }, 500);
  timer.unref();
}

/** Ends all that was started for the run whose root directory this is, and its descendants; never this process itself. */
export async function endProcessesOf(root: string): Promise<void> {
  const known = new Map<number, string>();
  const alive = (): number[] => {
    for (const pid of processesOf(root)) known.set(pid, processStart(pid) ?? "");
    // Also those that were descendants once, and have lost the parent by which they were found.
    return [...known].filter(([pid, start]) => processStart(pid) === start).map(([pid]) => pid);
  };
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    signalAll(alive(), signal);
    for (let waited = 0; waited < graceMs && alive().length > 0; waited += 50) await sleep(50);
  }
}

const graceMs = 3_000;

function processesOf(root: string): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && processStart(pid) !== null);
  const found = new Set(all.filter((pid) => isMarked(pid, root)));
  // A build runs with an environment of its own: it is found as a descendant.
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const pid of all) if (found.has(processParent(pid) ?? 0)) found.add(pid);
  }
  return [...found];
}

function isMarked(pid: number, root: string): boolean {
  return readProc(pid, "environ")?.split("\0").includes(`${runMark}=${root}`) ?? false;
}

/** The fields of /proc/PID/stat from the state on. The command's name before them may hold blanks and parentheses. */
function statFields(pid: number): string[] | null {
  const stat = readProc(pid, "stat");
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // Gone meanwhile, or another user's: either way not ours to look at.
    return null;
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone meanwhile.
    }
  }
}
