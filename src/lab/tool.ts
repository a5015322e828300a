/** Runs the ordinary programs that the lab needs: as argument lists, with a time limit, with every pipe drained. */
import { spawn } from "node:child_process";
import { LabFault } from "./lab-fault.ts";

/** One run of a program. */
export interface ToolRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory?: string;
  readonly input?: string | Uint8Array;
  /** Five minutes unless said otherwise. */
  readonly limitMs?: number;
}

/** What a program said; `status` is null where a signal ended it. */
export interface ToolResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end and answers whatever it said. Throws LabFault where it is missing or takes too long. */
export function tryTool(run: ToolRun): Promise<ToolResult> {
  const limitMs = run.limitMs ?? 300_000;
  return new Promise((resolve, reject) => {
    const child = spawn(run.program, run.args, { env: run.environment, cwd: run.directory, stdio: "pipe" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A program that reads no input may be gone before it was written: its exit status says what matters.
    child.stdin.on("error", () => undefined);
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new LabFault(`${run.program} ${run.args[0] ?? ""} did not end within ${limitMs / 1000} s`));
    }, limitMs);
    child.on("error", (fault: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(fault.code === "ENOENT" ? missing(run) : fault);
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve({ status, stdout: text(stdout), stderr: text(stderr) });
    });
    child.stdin.end(run.input ?? "");
  });
}

/** Runs it and answers its standard output; anything but exit status 0 is a LabFault with the end of what it said. */
export async function runTool(run: ToolRun): Promise<string> {
  const { status, stdout, stderr } = await tryTool(run);
  if (status !== 0) {
    const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-4).join("; ");
    throw new LabFault(`${run.program} ${run.args.join(" ").slice(0, 120)} ended with status ${status}: ${said}`);
  }
  return stdout;
}

function missing(run: ToolRun): LabFault {
  return new LabFault(`${run.program} is missing`, "'sh packaging/setup.sh run' installs it; then start again");
}

const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString("utf8");
