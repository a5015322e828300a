/** The lab's long-running processes: each with its log in a file, waited for until it says `ready`, and ended at the end. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LabFault } from "./lab-fault.ts";

/** What to start. */
export interface DaemonPlan {
  /** For messages: `build-fedora agent`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly logFile: string;
  /** What its log says once it serves. */
  readonly ready: RegExp;
}

/** A process that was started and has said that it is ready. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Why it is not there any more; null while it runs, and once it was asked to stop. */
  died(): string | null;
  /** Everything that it has said so far. */
  log(): string;
  /** TERM, then KILL after some seconds, to it and all that it started in its process group. */
  stop(): Promise<void>;
}

// Long enough for a machine that is slow and has others at work.
const readyLimitMs = 180_000;
const stopLimitMs = 20_000;

/** Starts it and waits for its `ready`. Throws LabFault with the end of its log where it ends or says nothing. */
export async function startDaemon(plan: DaemonPlan): Promise<Daemon> {
  const log = openSync(plan.logFile, "a", 0o600);
  let child: ChildProcess;
  try {
    // setpriv's death signal: if this process is killed outright, what it started ends too.
    child = spawn("setpriv", ["--pdeathsig", "TERM", "--", plan.program, ...plan.args], {
      env: plan.environment,
      cwd: plan.directory,
      stdio: ["ignore", log, log],
      // A process group of its own, so that a Ctrl-C at the terminal reaches only us and we end things in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const state: { ended: string | null; stopping: boolean } = { ended: null, stopping: false };
  const over = new Promise<void>((resolve) => {
    child.once("error", (fault) => {
      state.ended = fault.message;
      resolve();
    });
    child.once("exit", (status, signal) => {
      state.ended = signal === null ? `status ${status}` : `signal ${signal}`;
      resolve();
    });
  });
  const pid = child.pid;
  if (pid === undefined) {
    await over;
    throw new LabFault(`${plan.name} could not be started (${state.ended})`);
  }

  const stop = async (): Promise<void> => {
    state.stopping = true;
    if (state.ended === null) child.kill("SIGTERM");
    const timer = setTimeout(() => signalGroup(pid), stopLimitMs);
    await over;
    clearTimeout(timer);
    // What it left behind in its group has lost its parent: it ends too.
    signalGroup(pid);
  };
  const daemon: Daemon = {
    name: plan.name,
    pid,
    logFile: plan.logFile,
    died: () => (state.ended === null || state.stopping ? null : `${plan.name} ended (${state.ended})`),
    log: () => readFileSync(plan.logFile, "utf8"),
    stop,
  };
  const until = performance.now() + readyLimitMs;
  while (!plan.ready.test(daemon.log())) {
    if (state.ended !== null) {
      throw new LabFault(
        `${plan.name} ended (${state.ended}) before it was ready; it said: ${lastLines(daemon.log())}`,
      );
    }
    if (performance.now() > until) {
      await stop();
      throw new LabFault(
        `${plan.name} was not ready within ${readyLimitMs / 1000} s; it said: ${lastLines(daemon.log())}`,
      );
    }
    await sleep(20);
  }
  return daemon;
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in the group: that is what was wanted.
  }
}

/** What it said that matters most: an error's own line, else its last ones. */
function lastLines(log: string): string {
  const lines = log.trim().split("\n");
  const error = lines.findLast((line) => /^\S*(Error|error):? /.test(line));
  const said = error ?? lines.slice(-3).join(" | ");
  return said === "" ? "nothing" : said.slice(-600);
}
