import type { JobLog } from "../../build/ports.ts";
import { AdapterError } from "../../domain/index.ts";
import type { RunProgram } from "../processes/index.ts";

/** A builder's own program, whose output is the log and whose exit status counts. */
export interface BuilderTool {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it signs with may be a daemon that others use too. */
  readonly daemons: "end" | "stay";
  /** As a child of the agent, or in a unit of its own. */
  readonly run: RunProgram;
}

/** Longer than any build may last: what bounds it is the signal of its time limit. */
const foreverMs = 8 * 86_400_000;

/** The command in one line of the log, as a person would type it. */
function shown(tool: BuilderTool): string {
  return [tool.program, ...tool.args]
    .join(" ")
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(0, 800);
}

/** Runs it to its end. Throws AdapterError `EXIT_STATUS`, or `TIMEOUT` where the signal came. */
export async function runBuilderTool(tool: BuilderTool, log: JobLog, signal: AbortSignal): Promise<void> {
  log.note(`runs ${shown(tool)}`);
  const { run, ...plain } = tool;
  const { status, ended } = await run({
    ...plain,
    // Should the agent be killed, the kernel ends the tool: nobody then holds the builder's lock for it.
    program: "setpriv",
    args: ["--pdeathsig", "KILL", "--", tool.program, ...tool.args],
    limitMs: foreverMs,
    signal,
    onOutput: (chunk) => log.output(chunk),
  });
  const name = tool.args
    .filter((word) => /^[a-z-]+$/.test(word))
    .slice(-2)
    .join(" ");
  const what = `${tool.program.split("/").at(-1)} ${name}`.trim();
  if (ended !== null) throw new AdapterError("TIMEOUT", `${what} was ended before it was done`);
  if (status === 0) return;
  throw new AdapterError("EXIT_STATUS", `${what} ended ${status === null ? "by a signal" : `with status ${status}`}`);
}
