import { AdapterError, type CommitSha, type Report } from "../domain/index.ts";
import type { Job, JobOutcome } from "./job.ts";
import type { Clock, JobContext, JobRunner, JobStore } from "./ports.ts";
import { following, type WakeUp } from "./wake-up.ts";

/** What the worker is made of. */
export interface WorkerParts {
  readonly store: JobStore;
  readonly runner: JobRunner;
  readonly clock: Clock;
  readonly wakeUp: WakeUp;
  /** Told when a job begins and ends. */
  readonly onJob: (job: Job, event: "begins" | JobOutcome) => void;
  /** Told of faults of the store and of bugs in runners. */
  readonly onTrouble: (where: string, error: unknown) => void;
}

const longestSleep = 1000;

/**
 * Runs jobs until the signal is aborted: one at a time for a queue, queues side by side. Recovery from a crash comes first. Resolves when
 * the jobs under way have stopped; what a stop interrupts waits again.
 */
export async function work(parts: WorkerParts, end: AbortSignal): Promise<void> {
  await parts.store.recover(parts.clock.now());
  const busy = new Map<string, { readonly job: Promise<void>; readonly running: Running }>();
  while (!end.aborted) {
    const mark = parts.wakeUp.mark();
    try {
      for (const id of await parts.store.cancelRequested()) {
        for (const { running } of busy.values()) if (running.job?.id === id) running.cancel.abort();
      }
      for (const queue of await parts.store.waitingQueues(parts.clock.now())) {
        if (busy.has(queue)) continue;
        const running: Running = { job: null, cancel: new AbortController() };
        const job = runNext(parts, queue, running, end).finally(() => {
          busy.delete(queue);
          parts.wakeUp.wake();
        });
        busy.set(queue, { job, running });
      }
      await parts.wakeUp.wait(mark, longestSleep, end);
    } catch (error) {
      parts.onTrouble("the worker", error);
      await parts.clock.sleep(longestSleep, end);
    }
  }
  await Promise.all([...busy.values()].map(({ job }) => job));
}

interface Running {
  job: Job | null;
  readonly cancel: AbortController;
}

async function runNext(parts: WorkerParts, queue: string, running: Running, end: AbortSignal): Promise<void> {
  try {
    const job = await parts.store.claim(queue, parts.clock.now());
    if (job === null) return;
    running.job = job;
    parts.onJob(job, "begins");
    const outcome = await runJob(parts, job, running.cancel.signal, end);
    if (outcome === null) {
      await parts.store.interrupt(job, parts.clock.now());
      return;
    }
    await keepOutcome(parts, job, outcome, end);
    parts.onJob(job, outcome);
  } catch (error) {
    parts.onTrouble(queue, error);
    await parts.clock.sleep(longestSleep, end);
  }
}

/** A full disk must not make a job run for ever in the books: its outcome is kept until it can be written down. */
async function keepOutcome(parts: WorkerParts, job: Job, outcome: JobOutcome, end: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await parts.store.finish(job, outcome, parts.clock.now());
      return;
    } catch (error) {
      parts.onTrouble(`the outcome of job ${job.id}`, error);
      if (end.aborted) return;
      await parts.clock.sleep(longestSleep, end);
    }
  }
}

/** Null where the program stops: the job is not over, and is taken up again. */
async function runJob(parts: WorkerParts, job: Job, cancel: AbortSignal, end: AbortSignal): Promise<JobOutcome | null> {
  // A signal of the job's own, let go with it: what the job left listening there must not stir when the program stops.
  const stop = new AbortController();
  const detach = [following(cancel, stop), following(end, stop)];
  const context: JobContext = {
    signal: stop.signal,
    attempt: job.attempts,
    report: (reports: readonly Report[]) => parts.store.report(job, reports, parts.clock.now()),
    pin: (commit: CommitSha) => parts.store.pin(job, commit),
  };
  try {
    const outcome = await parts.runner.run(job, context);
    // A runner that was told to stop ends early with a failure that is none of the job's.
    if (end.aborted && outcome.kind !== "done") return null;
    if (cancel.aborted && outcome.kind === "failed") {
      return { kind: "cancelled", reason: "cancelled by the operator", reports: outcome.reports };
    }
    return outcome;
  } catch (error) {
    if (end.aborted) return null;
    if (cancel.aborted) return { kind: "cancelled", reason: "cancelled by the operator", reports: [] };
    // A bug stops the job, not the program; a fault of the world is said in its own words.
    if (!(error instanceof AdapterError)) parts.onTrouble(`job ${job.id}`, error);
    const reason = error instanceof AdapterError ? error.message : "an internal error; the agent's log has it";
    return { kind: "failed", reason, reports: [] };
  } finally {
    for (const letGo of detach) letGo();
  }
}
