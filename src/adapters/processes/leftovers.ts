import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A mark in the environment that every descendant inherits, also one that has left its process group. */
export interface RunMark {
  readonly environment: Readonly<Record<string, string>>;
  readonly text: string;
}

const variable = "RELEASE_BOT_RUN";

/** When a process began, in the kernel's ticks (proc(5), stat field 22): with its number it names one process for good. */
function beganAt(pid: number | "self"): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's own name in brackets, and may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Where process numbers mean what they mean here: a machine that sees into its containers finds marks of theirs, too. */
function numbering(): string {
  try {
    return /[0-9]+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

/** A mark that no other run has; it names this program, so that a later one knows whose it was. */
export function newRunMark(): RunMark {
  const value = `${process.pid}.${beganAt("self") ?? "0"}.${numbering()}.${randomBytes(12).toString("hex")}`;
  return { environment: { [variable]: value }, text: `${variable}=${value}` };
}

/** Kills what carries the mark, until nothing does: what forks while it is looked for is found the next time. */
export function endLeftovers(mark: RunMark): void {
  endAll((found) => found === mark.text);
}

/**
 * Kills what programs of ours left running that are gone themselves: killed, they could end nothing. Whoever builds after
 * them would otherwise build beside them.
 */
export function endOrphans(): void {
  const here = numbering();
  endAll((found) => {
    const [, pid, began, where] = /^RELEASE_BOT_RUN=([0-9]+)\.([0-9]+)\.([0-9]+)\.[0-9a-f]+$/.exec(found) ?? [];
    return pid !== undefined && where === here && beganAt(Number(pid)) !== began;
  });
}

function endAll(wanted: (mark: string) => boolean): void {
  for (let round = 0; round < 20; round++) {
    const found = marked(wanted);
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
  }
}

function marked(wanted: (mark: string) => boolean): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) continue;
    try {
      // A zombie's environment is empty, so that it is not found for ever.
      const environment = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
      if (environment.some((entry) => entry.startsWith(`${variable}=`) && wanted(entry))) pids.push(Number(name));
    } catch {
      // Gone meanwhile, or another user's: that one is behind a wall of its own.
    }
  }
  return pids;
}
