import { type ChildProcess, spawn } from "node:child_process";
import { AdapterError } from "../../domain/index.ts";

/** A short run of one of the system's tools (gpg, gpgv, rpmkeys, createrepo_c, …): an argument list, bounded in time and output. */
export interface ToolRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: Uint8Array;
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Is told what comes on standard output, as it comes. */
  readonly hear?: (chunk: Buffer) => void;
}

/** What the tool answered. */
export interface ToolAnswer {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const mostBytes = 256 << 20;

/**
 * Runs a tool to its end, and answers whatever its status. Unlike a build's program it may leave a daemon behind (gpg its
 * agent, which is what makes the second signature quick). Throws AdapterError `TIMEOUT`, `TOOL_MISSING`, `DENIED` or
 * `UNEXPECTED_ANSWER` (too much output).
 */
export function runTool(run: ToolRun): Promise<ToolAnswer> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(run.program, run.args, {
      stdio: [run.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { ...process.env, ...run.environment },
      ...(run.directory === undefined ? {} : { cwd: run.directory }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let length = 0;
    let fault: AdapterError | null = null;
    const end = (why: AdapterError): void => {
      fault ??= why;
      child.kill("SIGKILL");
    };
    const keep = (where: Buffer[]) => (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostBytes) where.push(chunk);
      else end(new AdapterError("UNEXPECTED_ANSWER", `${run.program} said more than ${mostBytes} bytes`));
    };
    const timer = setTimeout(
      () => end(new AdapterError("TIMEOUT", `${run.program} did not end within ${run.limitMs / 1000} s`)),
      run.limitMs,
    );
    child.stdout?.on("data", keep(stdout));
    if (run.hear !== undefined) child.stdout?.on("data", run.hear);
    child.stderr?.on("data", keep(stderr));
    // A tool that is gone before it has read its input says why by its status.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(run.input);
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const missing = error.code === "ENOENT";
      const what = missing ? "is not installed" : `cannot be run: ${error.code}`;
      reject(new AdapterError(missing ? "TOOL_MISSING" : "DENIED", `${run.program} ${what}`, error));
    });
    // Not "close": a daemon left behind may hold the pipes open for ever. What the tool itself wrote has been read once
    // both streams have ended, or, with such a daemon, a moment after its exit.
    child.once("exit", (status) => {
      const finish = (): void => {
        clearTimeout(timer);
        if (fault !== null) reject(fault);
        else resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") });
      };
      // Where this process itself was busy for so long, that time is over before it has read anything: it reads first.
      const lookAgain = (seen: number): void => {
        setImmediate(() => (length === seen ? finish() : lookAgain(length)));
      };
      const patience = setTimeout(() => lookAgain(length), 1_000);
      child.once("close", () => {
        clearTimeout(patience);
        finish();
      });
    });
  });
}

/** The same where only success is an answer; throws AdapterError `EXIT_STATUS` with the end of what the tool said. */
export async function needTool(run: ToolRun): Promise<Buffer> {
  const answer = await runTool(run);
  if (answer.status === 0) return answer.stdout;
  const said = answer.stderr.trim().split("\n").slice(-4).join("; ").slice(-600);
  throw new AdapterError(
    "EXIT_STATUS",
    `${run.program} ended with status ${answer.status}${said === "" ? "" : `: ${said}`}`,
  );
}
