import { AdapterError } from "../domain/index.ts";
import { untilStopped } from "./patience.ts";
import type { BackendRun, BackendStage, JobLog, PackageFile } from "./ports.ts";
import type { StageName, StageRecord } from "./record.ts";

/** A stage gets TERM and, 10 s later, KILL; a publication is let finish. What is not over by then is given up. */
const graceMs = 60_000;

/** Why a build ended early. */
export interface StageFailure {
  readonly stage: StageName;
  readonly reason: string;
}

/** A back-end's stages to run, and what may end them. */
export interface StageRun {
  readonly log: JobLog;
  readonly open: () => Promise<BackendRun>;
  /** Aborted when the job is cancelled or the program stops. */
  readonly signal: AbortSignal;
  /** For all stages together. */
  readonly limitSeconds: number;
  readonly now: () => Date;
  /**
   * Called after each stage with all that have ended, and before publication with the packages that are to be published
   * (null until then): a crash within it leaves them known.
   */
  readonly keep: (stages: readonly StageRecord[], packages: readonly PackageFile[] | null) => Promise<void>;
}

/** What came of them. */
export interface StageResult {
  readonly failure: StageFailure | null;
  readonly packages: readonly PackageFile[];
}

/**
 * Runs the stages of one build in their order. A fault of the world ends them; so do the time limit, a stop from outside, and
 * the loss of the log: what cannot be logged is not signed.
 */
export async function runStages(build: StageRun): Promise<StageResult> {
  const { log, limitSeconds, now } = build;
  const limit = AbortSignal.timeout(limitSeconds * 1000);
  const gone = new AbortController();
  let lost = "";
  void log.broken.then((why) => {
    lost = why;
    gone.abort();
  });
  const signal = AbortSignal.any([build.signal, limit, gone.signal]);
  const stages: StageRecord[] = [];
  let run: BackendRun | null = null;
  let at: StageName = "prep";
  let ready: readonly PackageFile[] | null = null;

  /** What a failure is really due to: the limit, the lost log, a stop from outside, or the stage itself. */
  const explain = (error: unknown): string => {
    if (build.signal.aborted) return "ended before it was done: cancelled, or the program was stopped";
    if (gone.signal.aborted) return `the log went away (${lost}), and nothing is signed without one`;
    if (limit.aborted) return `after ${limitSeconds} s: its time limit`;
    if (error instanceof AdapterError) return error.message;
    throw error;
  };
  const step = async (stage: BackendStage): Promise<void> => {
    at = stage.name;
    const startedAt = now().toISOString();
    let error: string | null = null;
    log.note(`${stage.name} begins`);
    try {
      signal.throwIfAborted();
      if (stage.name === "publish") {
        ready = (await run?.packages()) ?? null;
        await build.keep([...stages], ready);
      }
      await untilStopped(signal, graceMs, stage.run(signal));
      signal.throwIfAborted();
      if (stage.name === "publish") ready = (await run?.packages()) ?? null;
    } catch (fault) {
      error = explain(fault);
      throw fault;
    } finally {
      stages.push({ stage: stage.name, startedAt, endedAt: now().toISOString(), error });
      await build.keep([...stages], ready);
    }
  };

  try {
    run = await build.open();
    for (const stage of run.stages) await step(stage);
    return { failure: null, packages: ready ?? (await run.packages()) };
  } catch (error) {
    return { failure: { stage: at, reason: explain(error) }, packages: [] };
  } finally {
    await run?.close();
  }
}
