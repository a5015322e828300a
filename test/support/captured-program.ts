import { vi } from "vitest";

/** What a program said and how it ended. */
export interface CapturedRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a subcommand's `main` in this process and takes down what it says. */
export async function runCaptured(
  main: (argv: readonly string[]) => Promise<number>,
  argv: readonly string[],
): Promise<CapturedRun> {
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    return { status: await main(argv), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
