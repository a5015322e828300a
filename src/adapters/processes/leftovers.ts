import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** A mark in the environment that every descendant inherits, also one that has left its process group. */
export interface RunMark {
  readonly environment: Readonly<Record<string, string>>;
  readonly text: string;
}

const variable = "RELEASE_BOT_RUN";

/** A mark that no other run has. */
export function newRunMark(): RunMark {
  const value = randomBytes(12).toString("hex");
  return { environment: { [variable]: value }, text: `${variable}=${value}` };
}

/** Kills what carries the mark, until nothing does: what forks while it is looked for is found the next time. */
export function endLeftovers(mark: RunMark): void {
  for (let round = 0; round < 20; round++) {
    const found = marked(mark.text);
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

function marked(text: string): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) continue;
    try {
      // A zombie's environment is empty, so that it is not found for ever.
      if (readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(text)) pids.push(Number(name));
    } catch {
      // Gone meanwhile, or another user's: that one is behind a wall of its own.
    }
  }
  return pids;
}
