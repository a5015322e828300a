import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { AdapterError } from "../../domain/index.ts";
import { endLeftovers, endOrphans, newRunMark } from "./leftovers.ts";
import { pause, signalGroup, watchForStop } from "./stop.ts";

/** A program to run: an argument list, never a line for a shell. */
export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  readonly limitMs: number;
  /** Ends it early: a cancelled job, a stopping program, the limit of the stage that it belongs to. */
  readonly signal?: AbortSignal;
  /** Between TERM and KILL; 10 s unless a test is in a hurry. */
  readonly graceMs?: number;
  /**
   * `end` (unless said otherwise): what has left the process group is ended too. `stay`: it may live on; for trusted tools
   * that start a gpg-agent, which other builders' tools may be using by then.
   */
  readonly daemons?: "end" | "stay";
  /** Each chunk of output as it comes. Reading goes on when the answer resolves, so a slow reader slows the program. */
  readonly onOutput: (chunk: Uint8Array, from: "stdout" | "stderr") => void | Promise<void>;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly status: number | null;
  /** Why we ended it; null where it ended by itself. */
  readonly ended: "limit" | "signal" | null;
}

/** Runs a program to its end, as {@link runProgram} does, wherever it does. */
export type RunProgram = (run: ProgramRun) => Promise<ProgramEnd>;

/** Once in the life of a program, before it runs anything itself: what its killed forerunner left is over. */
let orphansEnded = false;

/** Reads a pipe to its end, one chunk at a time. A reader that fails loses the output, never the draining. */
async function drain(stream: Readable, take: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
  let broken = false;
  try {
    for await (const chunk of stream) {
      if (broken) continue;
      try {
        await take(chunk as Uint8Array);
      } catch {
        broken = true;
      }
    }
  } catch {
    // The pipe was closed under us by the end of the run.
  }
}

/** The exit status, or null for a signal; rejects where the program could not be started. */
function exitOf(child: ChildProcess, run: ProgramRun): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("exit", (status) => resolve(status));
    child.once("error", (error: NodeJS.ErrnoException) => {
      const code = error.code === "ENOENT" ? "TOOL_MISSING" : "DENIED";
      const what = error.code === "ENOENT" ? "is not installed" : `cannot be run: ${error.code}`;
      reject(new AdapterError(code, `${run.program} ${what}`, error));
    });
  });
}

/**
 * Runs a program in a process group of its own, and leaves nothing of it behind: at its end, its limit or its signal
 * the whole group gets TERM, what is left after the grace KILL, and so does what has left the group (found by a mark
 * in its environment). Answers how it ended; a non-zero status is the caller's to judge. Throws AdapterError
 * `TOOL_MISSING` or `DENIED` where it could not be started.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  if (run.signal?.aborted === true) return { status: null, ended: "signal" };
  if (!orphansEnded) endOrphans();
  orphansEnded = true;
  const mark = run.daemons === "stay" ? null : newRunMark();
  const child = spawn(run.program, run.args, {
    cwd: run.directory,
    env: { ...run.environment, ...mark?.environment },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A program may be gone before it has read its input; its status says what matters.
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input ?? "");
  const exit = exitOf(child, run);
  const drained = Promise.all([
    drain(child.stdout, (chunk) => run.onOutput(chunk, "stdout")),
    drain(child.stderr, (chunk) => run.onOutput(chunk, "stderr")),
  ]);

  const stop = watchForStop(run);
  try {
    await Promise.race([exit, stop.reached]);
    if (stop.why() !== null && child.pid !== undefined) {
      signalGroup(child.pid, "SIGTERM");
      await Promise.race([exit, pause(run.graceMs ?? 10_000)]);
    }
    return await exitAfter(child.pid);
  } finally {
    stop.forget();
    child.stdout.destroy();
    child.stderr.destroy();
  }

  /** The rest of the group is ended, then the output read to its end: slowly, where the reader is slow, but not past the limit. */
  async function exitAfter(pid: number | undefined): Promise<ProgramEnd> {
    if (pid !== undefined) signalGroup(pid, "SIGKILL");
    if (mark !== null) endLeftovers(mark);
    const status = await exit;
    await Promise.race([drained, stop.reached.then(() => pause(1_000))]);
    return { status, ended: stop.why() };
  }
}
