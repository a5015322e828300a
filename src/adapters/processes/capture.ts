import { AdapterError } from "../../domain/index.ts";
import { type ProgramRun, runProgram } from "./run-program.ts";

/** A short run whose output is the answer. */
export type CaptureRun = Omit<ProgramRun, "onOutput">;

/** What a program said. */
export interface Captured {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What is kept of an answer; what comes after is drained and makes the run fail. */
const mostBytes = 64 << 20;

/** Runs a program and answers all that it said. Throws AdapterError `TIMEOUT` where it was ended, `UNEXPECTED_ANSWER` where it said too much. */
export async function tryCapture(run: CaptureRun): Promise<Captured> {
  const kept = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const size = { stdout: 0, stderr: 0 };
  const { status, ended } = await runProgram({
    ...run,
    onOutput: (chunk, from) => {
      size[from] += chunk.length;
      if (size[from] <= mostBytes) kept[from].push(chunk);
    },
  });
  if (ended === "limit") throw new AdapterError("TIMEOUT", `${run.program} did not end within ${run.limitMs / 1000} s`);
  if (ended === "signal") throw new AdapterError("TIMEOUT", `${run.program} was ended before it was done`);
  if (size.stdout > mostBytes)
    throw new AdapterError("UNEXPECTED_ANSWER", `${run.program} said more than ${mostBytes} bytes`);
  return { status, stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr).toString("utf8") };
}

/** The same for a run of which only success is an answer; throws AdapterError `EXIT_STATUS` with the end of what it said. */
export async function capture(run: CaptureRun): Promise<Buffer> {
  const captured = await tryCapture(run);
  if (captured.status === 0) return captured.stdout;
  const said = captured.stderr.trim().split("\n").slice(-5).join("; ").slice(-600);
  const how = captured.status === null ? "by a signal" : `with status ${captured.status}`;
  throw new AdapterError("EXIT_STATUS", `${run.program} ended ${how}${said === "" ? "" : `: ${said}`}`);
}
