import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Job, JobContext, JobOutcome, JobRunner } from "../../work/index.ts";
import type { BuilderLock } from "../builder-lock.ts";
import { type BuildRunnerParts, runBuildJob } from "./build-runner.ts";
import { type BuildersSource, lineOf } from "./builders.ts";
import { type CheckoutParts, refreshCheckouts } from "./checkouts.ts";
import { type CommandRunnerParts, runCommand } from "./command-runner.ts";
import { runOperatorWork } from "./operator-runner.ts";

/** What the runners need. */
export interface JobRunnerParts {
  readonly builders: BuildersSource;
  readonly building: BuildRunnerParts;
  readonly commands: CommandRunnerParts;
  readonly checkouts: CheckoutParts;
  /** Takes a builder's lock; null where somebody else holds it. */
  readonly lock: (directory: string) => Promise<BuilderLock | null>;
}

const lockTryAgainMs = 30_000;
const gone: JobOutcome = {
  kind: "failed",
  reason: "its builder is not configured any more, or its configuration does not load",
  reports: [],
};

/** Gives each job to what does its work, under the lock of its builder. */
export function jobRunner(parts: JobRunnerParts): JobRunner {
  return {
    async run(job, context): Promise<JobOutcome> {
      const find = async (): Promise<LoadedBuilder | undefined> =>
        (await parts.builders()).loaded.find((candidate) => lineOf(candidate) === job.request.builder);
      const builder = await find();
      if (builder === undefined) return gone;
      const lock = await parts.lock(builder.directory);
      if (lock === null) {
        const untilMs = parts.building.now().getTime() + lockTryAgainMs;
        return { kind: "postponed", untilMs, reason: `somebody else holds ${builder.directory}/builder.lock` };
      }
      try {
        const updates = await refreshCheckouts(parts.checkouts, builder, context.signal);
        // What was updated may be the configuration itself.
        const now = updates.some(({ kind }) => kind === "updated") ? await find() : builder;
        return now === undefined ? gone : await runLocked(parts, job, now, context);
      } finally {
        await lock.release();
      }
    },
  };
}

async function runLocked(
  { building, commands }: JobRunnerParts,
  job: Job,
  builder: LoadedBuilder,
  context: JobContext,
): Promise<JobOutcome> {
  const { request } = job;
  if (request.kind === "command") return runCommand(commands, job, request, context);
  if (request.kind === "operator") {
    return runOperatorWork(commands, job, { builder, work: request.work }, context);
  }
  const { component } = request;
  const order = { builder, component, askedBy: { kind: "push" }, commit: null, distributions: null } as const;
  return runBuildJob(building, job, order, context);
}
