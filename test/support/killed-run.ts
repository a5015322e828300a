import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");

/** When a run is killed. */
export interface Aim {
  /** From its start; from when its journal says that it stages, or that it commits; from when reprepro has locked its database. */
  readonly from: "start" | "staging" | "committing" | "reprepro";
  readonly afterMs: number;
  /** The program by itself, whose tools then go on, or all of them at once. */
  readonly victims: "program" | "all";
}

/** Runs `release-bot repo WORDS` on a tree and kills it (-9) as aimed. Answers whether it was killed before its end. */
export function runKilled(
  root: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  aim: Aim | null,
): Promise<boolean> {
  const child = spawn(process.execPath, [program, "repo", ...words], {
    env: { ...process.env, ...environment },
    stdio: "ignore",
    detached: true,
  });
  const timers: NodeJS.Timeout[] = [];
  if (aim !== null && child.pid !== undefined) {
    const target = aim.victims === "all" ? -child.pid : child.pid;
    const kill = (): void => {
      try {
        process.kill(target, "SIGKILL");
      } catch (error) {
        // It ended by itself just now.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    };
    const arm = (): void => void timers.push(setTimeout(kill, aim.afterMs));
    if (aim.from === "start") arm();
    else {
      const watch = setInterval(() => {
        if (!hasBegun(root, aim.from)) return;
        clearInterval(watch);
        arm();
      }, 1);
      timers.push(watch);
    }
  }
  return new Promise((resolve) => {
    child.once("exit", (_, signal) => {
      for (const timer of timers) clearTimeout(timer);
      resolve(signal === "SIGKILL");
    });
  });
}

function hasBegun(root: string, from: Aim["from"]): boolean {
  if (from === "reprepro") return existsSync(join(root, "deb/r4.3/vm/db/lockfile"));
  const journals = join(root, ".release-bot/journal");
  if (!existsSync(journals)) return false;
  return readdirSync(journals).some((name) => name.endsWith(".json") && says(join(journals, name), from));
}

function says(path: string, from: Aim["from"]): boolean {
  try {
    return from === "staging" || readFileSync(path, "utf8").includes('"phase":"committing"');
  } catch {
    // It has been forgotten since it was listed: all of it is committed.
    return true;
  }
}
