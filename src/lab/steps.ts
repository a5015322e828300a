/** Runs the demo's steps in order, shows each as it goes, and keeps what came of it for the summary. */
import { Listr } from "listr2";
import { explainFault } from "./lab-fault.ts";

/** One step, in the words of a newcomer. `run` answers what was found, in one line; it throws where a promise is broken. */
export interface Step {
  readonly name: string;
  readonly run: (say: (line: string) => void) => Promise<string>;
}

/** A step's outcome, as it stands in `summary.json`. A step that was never reached is not ok either. */
export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly ms: number;
}

/** Where and how progress is shown: redrawn in place on a terminal, plain lines otherwise. */
export type Show = "terminal" | "lines";

/** Runs them until one fails; answers one result a step, in order. */
export async function runSteps(
  steps: readonly Step[],
  show: Show,
  write: (line: string) => void,
): Promise<StepResult[]> {
  const results = new Map<string, StepResult>();
  const run = async (step: Step, say: (line: string) => void): Promise<StepResult> => {
    const begun = performance.now();
    const result = await step.run(say).then(
      (detail) => ({ ok: true, detail }),
      (fault: unknown) => ({ ok: false, detail: explainFault(fault) }),
    );
    const whole = { name: step.name, ...result, ms: Math.round(performance.now() - begun) };
    results.set(step.name, whole);
    return whole;
  };
  await (show === "terminal" ? inTerminal(steps, run) : inLines(steps, run, write));
  return steps.map(({ name }) => results.get(name) ?? { name, ok: false, detail: "not reached", ms: 0 });
}

type RunStep = (step: Step, say: (line: string) => void) => Promise<StepResult>;

async function inTerminal(steps: readonly Step[], run: RunStep): Promise<void> {
  const tasks = steps.map((step) => ({
    title: step.name,
    task: async (_: unknown, task: { output: string; title: string }): Promise<void> => {
      const { ok, detail, ms } = await run(step, (line) => {
        task.output = line;
      });
      task.title = `${step.name} (${seconds(ms)})\n  ${detail}`;
      if (!ok) throw new Error(detail);
    },
  }));
  const list = new Listr(tasks, {
    exitOnError: true,
    // Ctrl-C is ours: listr2's own handler exits at once, before anything was stopped.
    registerSignalListeners: false,
    rendererOptions: { collapseErrors: false, showErrorMessage: false },
  });
  // The failed step's result has been kept: listr2's own error says no more.
  await list.run().catch(() => undefined);
}

async function inLines(steps: readonly Step[], run: RunStep, write: (line: string) => void): Promise<void> {
  for (const [index, step] of steps.entries()) {
    write(`[${index + 1}/${steps.length}] ${step.name}`);
    const { ok, detail, ms } = await run(step, (line) => write(`      ${line}`));
    write(`      ${ok ? "ok" : "FAILED"} (${seconds(ms)}): ${detail}`);
    if (!ok) return;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
