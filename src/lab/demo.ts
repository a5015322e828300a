/**
 * `npm run demo`: the main job, end to end, on one machine, shown step by step.
 *
 * Exit status: 0 everything was found as it must be; 1 it was not, or the machine lacks something; 2 wrong usage; 130 stopped.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { keptText, successText } from "./closing-words.ts";
import { listIssues } from "./github-view.ts";
import { useKeptGithub } from "./kept-github.ts";
import { explainFault } from "./lab-fault.ts";
import { type MainJob, mainJob } from "./main-job.ts";
import { endProcessesOf, watchParents } from "./process-table.ts";
import { requireExecutable, requireLoopback, requireMachine, requireSpace } from "./requirements.ts";
import { saveResults } from "./results.ts";
import { createRun, removeRun, runsParent, sweepEarlierRuns } from "./run-directory.ts";
import { type Started, stopAll } from "./running-lab.ts";
import { runSteps, type StepResult } from "./steps.ts";
import { faultsIn } from "./story/evidence.ts";
import { placesOf } from "./story/places.ts";
import { type Summary, writeSummary } from "./summary.ts";

const usage = `npm run demo [-- [--keep] [--output DIRECTORY]]
  --keep     leave everything running when it is done, until Ctrl-C (a run that failed is ended)
  --output   where summary.json, repositories and logs go; .demo/ in the checkout unless said otherwise
`;

interface Wish {
  readonly afterwards: "keep" | "end";
  /** Absolute. */
  readonly output: string;
}

/** Null: not what the usage says. */
function parseWish(argv: readonly string[]): Wish | "help" | null {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { keep: { type: "boolean" }, output: { type: "string" }, help: { type: "boolean" } },
    });
    if (values.help === true) return "help";
    const output = resolve(values.output ?? join(import.meta.dirname, "../../.demo"));
    return { afterwards: values.keep === true ? "keep" : "end", output };
  } catch {
    return null;
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const [word, ...words] = argv;
  if (word === "post" || word === "read") return useKeptGithub(word, words, say);
  const wish = parseWish(argv);
  if (wish === null || wish === "help") {
    process.stdout.write(usage);
    return wish === null ? 2 : 0;
  }
  // What one qube publishes another user reads, whatever the caller's own mask is.
  process.umask(0o022);
  const records = join(wish.output, "running");
  mkdirSync(records, { recursive: true });
  // The former run's result must not be taken for this one's.
  rmSync(join(wish.output, "summary.json"), { force: true });
  requireMachine(process.env, [runsParent(), wish.output]);
  requireExecutable(runsParent());
  await requireLoopback();
  const swept = await sweepEarlierRuns(records);
  if (swept > 0)
    say(`Ended and removed what ${swept === 1 ? "a killed earlier run" : `${swept} killed earlier runs`} had left.`);
  return run(wish, records);
}

async function run({ afterwards, output }: Wish, records: string): Promise<number> {
  const begun = performance.now();
  const root = createRun(records);
  const started: Started = [];
  const stopped = stopRequest();
  const cleanUp = async (): Promise<void> => {
    await stopAll(started);
    await endProcessesOf(root);
    removeRun(records, root);
  };
  try {
    const programLogs = freshLogs(output, basename(root));
    say(`The whole system on this machine, in ${root}; the programs' logs: ${programLogs}\n`);
    const job = mainJob({ root, programLogs, caller: process.env, now: new Date(), started });
    // A terminal that does not say how wide it is cannot be redrawn in place.
    const show = process.stdout.isTTY && process.stdout.columns >= 40 ? "terminal" : "lines";
    let shown = say;
    const results = await Promise.race([runSteps(job.steps, show, (line) => shown(line)), stopped]);
    if (results === "stopped") {
      shown = () => undefined;
      // The list of steps hides the cursor while it is drawn.
      if (show === "terminal") process.stdout.write("\x1b[?25h");
      say("\nStopping everything.");
      return 130;
    }
    const summary = await summarize(job, results, (performance.now() - begun) / 1000);
    const lab = job.lab();
    const saved = async (): Promise<Summary> =>
      lab === null ? summary : { ...summary, ...(await saveResults(lab, output)) };
    const file = join(output, "summary.json");
    const kept = await saved();
    const failed = results.find(({ ok }) => !ok);
    if (failed === undefined) say(successText(kept, output));
    else {
      // Whatever a step tripped over, a disk that is full now is the likelier reason.
      requireSpace([runsParent(), output], 20);
      fail(`${failed.name}: ${failed.detail}`);
    }
    if (lab === null || failed !== undefined || afterwards === "end") writeSummary(file, kept);
    else {
      writeSummary(file, summary);
      writeFileSync(join(root, "github.json"), JSON.stringify(lab.reports), { mode: 0o600 });
      say(keptText(lab, summary));
      await stopped;
      say("\nStopping everything. The repositories, the logs and the summary stay as they are now.");
      writeSummary(file, await saved());
    }
    return summary.ok ? 0 : 1;
  } finally {
    await cleanUp();
  }
}

/** `ok` is what the evidence says, and that every step before it found what it looked for. */
async function summarize(job: MainJob, steps: readonly StepResult[], seconds: number): Promise<Summary> {
  const lab = job.lab();
  const evidence = job.evidence();
  const issues = evidence?.issues ?? (lab === null ? [] : await listIssues(lab.reports).catch(() => []));
  return {
    ok: evidence !== null && faultsIn(evidence).length === 0 && steps.every(({ ok }) => ok),
    seconds: Math.round(seconds * 10) / 10,
    steps,
    repositories: lab === null ? null : placesOf(lab, lab.ready).repositories,
    logs: lab?.logsRepository ?? null,
    issues,
    component: lab?.ready.name ?? null,
    version: lab?.ready.version ?? null,
    commit: lab?.ready.commit ?? null,
  };
}

/** An empty directory for this run's logs; those of runs that are over go. */
function freshLogs(output: string, name: string): string {
  const directory = join(output, "program-logs");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, name), { recursive: true });
  return join(directory, name);
}

/** Resolves when the user, the system or the end of npm asks us to stop. */
function stopRequest(): Promise<"stopped"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve("stopped"));
    // Nobody reads any more (`npm run demo | head`): nothing that is left to do would be seen.
    process.stdout.on("error", () => resolve("stopped"));
    // npm does not hand every signal on: when it is gone, nobody waits for us any more.
    if (process.env["npm_lifecycle_event"] === "demo") watchParents(() => resolve("stopped"));
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): void {
  process.stderr.write(`demo: ${text}\n`);
}

const status = await main(process.argv.slice(2)).catch((fault: unknown) => {
  fail(explainFault(fault));
  return 1;
});
// Steps that were stopped in the middle may still wait for something: nobody waits for them.
process.exit(status);
