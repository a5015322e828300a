/** The machine's processes as /proc shows them: to find what a killed run left, and to end nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Set, to the run's root directory, in the environment of everything that the lab starts. */
export const runMark = "RELEASE_BOT_LAB";

/** When a process began, in clock ticks since boot: with its pid it names one process, also after pids are used again. */
export function processStart(pid: number): string | null {
  const stat = readProc(pid, "stat");
  // The command's name may hold blanks and parentheses; the fields begin after the last one.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

/** The parent's pid; null where there is no such process. */
export function processParent(pid: number): number | null {
  const stat = readProc(pid, "stat");
  const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return parent === undefined ? null : Number(parent);
}

/** Ends all that was started for the run whose root directory this is, and its descendants; never this process itself. */
export async function endProcessesOf(root: string): Promise<number> {
  const ours = processesOf(root);
  signalAll(ours, "SIGTERM");
  for (let waited = 0; waited < 3_000 && processesOf(root).length > 0; waited += 50) await sleep(50);
  signalAll([...new Set([...ours.filter((pid) => isMarked(pid, root)), ...processesOf(root)])], "SIGKILL");
  for (let waited = 0; waited < 3_000 && processesOf(root).length > 0; waited += 50) await sleep(50);
  return ours.length;
}

function processesOf(root: string): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && state(pid) !== "Z");
  const found = new Set(all.filter((pid) => isMarked(pid, root)));
  // A build runs with an environment of its own: it is found as a descendant.
  for (let grown = true; grown; ) {
    const before = found.size;
    for (const pid of all) if (found.has(processParent(pid) ?? 0)) found.add(pid);
    grown = found.size > before;
  }
  return [...found];
}

function isMarked(pid: number, root: string): boolean {
  return readProc(pid, "environ")?.split("\0").includes(`${runMark}=${root}`) ?? false;
}

function state(pid: number): string | undefined {
  const stat = readProc(pid, "stat");
  return stat?.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
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
