import { spawn } from "node:child_process";

/** What a program said. */
export interface SaidRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a real tool beside this process, which goes on serving it (an announcement socket, say). */
export function tryToolAsync(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = "",
): Promise<SaidRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { env: { ...process.env, ...environment }, stdio: "pipe", timeout: 540_000 });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString("utf8");
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.once("error", (error) =>
      reject(new Error(`${name} could not be run (${error.message}): run 'sh packaging/setup.sh test'`)),
    );
    child.once("close", (status) => resolve({ status: status ?? -1, stdout, stderr }));
  });
}

/** The same for a tool that has to succeed. */
export async function runToolAsync(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = "",
): Promise<SaidRun> {
  const run = await tryToolAsync(name, args, environment, input);
  if (run.status !== 0) throw new Error(`${name} ${args.join(" ")}: exit status ${run.status}: ${run.stderr}`);
  return run;
}
