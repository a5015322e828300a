import { spawnSync } from "node:child_process";

/** What a program said. `status` is -1 where a signal ended it. */
export interface ToolRun {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** How a program is run; nine minutes are the limit for each. */
export interface ToolOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** Runs a real tool to its end. A missing one fails the test with the package to install, since it is never skipped. */
export function tryTool(name: string, args: readonly string[], options: ToolOptions = {}): ToolRun {
  const run = spawnSync(name, args, {
    input: options.input ?? "",
    env: { ...process.env, ...options.environment },
    timeout: 540_000,
    maxBuffer: 256 * 1024 * 1024,
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  if (run.error !== undefined) {
    throw new Error(`${name} could not be run (${run.error.message}): run 'sh packaging/setup.sh test'`);
  }
  return { status: run.status ?? -1, stdout: run.stdout, stderr: run.stderr.toString() };
}

/** The same for a tool that has to succeed: answers its standard output. */
export function runTool(name: string, args: readonly string[], options: ToolOptions = {}): Buffer {
  const run = tryTool(name, args, options);
  if (run.status !== 0) throw new Error(`${name} ${args.join(" ")}: exit status ${run.status}: ${run.stderr}`);
  return run.stdout;
}
