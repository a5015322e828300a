import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { Job, JobContext, JobOutcome, JobRunner } from "../../work/index.ts";
import type { BuilderLock } from "../builder-lock.ts";
import { type BuildRunnerParts, runBuildJob } from "./build-runner.ts";
import { type BuildersSource, lineOf } from "./builders.ts";
import { type CheckoutParts, refreshCheckouts } from "./checkouts.ts";
import { type CommandRunnerParts, runCommand } from "./command-runner.ts";
import { runOperatorWork } from "./operator-runner.ts";
import { refusedAgain } from "./promotion-refused.ts";
import { postponed } from "./promotion-runner.ts";
import type { TakenUp } from "./promotion-taken-up.ts";
import { wantedPromotion } from "./wanted-promotion.ts";

/** What the runners need. */
export interface JobRunnerParts {
  readonly builders: BuildersSource;
  readonly building: BuildRunnerParts;
  readonly commands: CommandRunnerParts;
  readonly checkouts: CheckoutParts;
  /** What earlier attempts of a job have applied, stated by now. Throws AdapterError where it cannot be stated now. */
  readonly takeUp: (job: Job, builder: LoadedBuilder) => Promise<TakenUp>;
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
        // First: what has been done is stated, whatever is decided of the rest.
        const takenUp = await takenUpOrLater(parts, job, builder);
        if (takenUp.kind === "later") return takenUp.outcome;
        const updates = await refreshCheckouts(parts.checkouts, builder, context.signal);
        // What was updated may be the configuration itself.
        const now = updates.some(({ kind }) => kind === "updated") ? await find() : builder;
        return now === undefined ? gone : await runLocked(parts, { job, builder: now, ...takenUp }, context);
      } finally {
        await lock.release();
      }
    },
  };
}

type TakenUpOrLater =
  | { readonly kind: "taken-up"; readonly takenUp: TakenUp }
  | { readonly kind: "later"; readonly outcome: JobOutcome };

async function takenUpOrLater(parts: JobRunnerParts, job: Job, builder: LoadedBuilder): Promise<TakenUpOrLater> {
  try {
    return { kind: "taken-up", takenUp: await parts.takeUp(job, builder) };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    // What a build changes is none of what promotions have left.
    if (wantedPromotion(job) === null) return { kind: "taken-up", takenUp: { plans: [], log: null } };
    return { kind: "later", outcome: postponed(parts.building.now(), error.message) };
  }
}

interface Turn {
  readonly job: Job;
  readonly builder: LoadedBuilder;
  readonly takenUp: TakenUp;
}

async function runLocked(
  { building, commands }: JobRunnerParts,
  { job, builder, takenUp }: Turn,
  context: JobContext,
): Promise<JobOutcome> {
  const { request } = job;
  if (request.kind === "push") {
    const { component } = request;
    const order = { builder, component, askedBy: { kind: "push" }, commit: null, distributions: null } as const;
    return runBuildJob(building, job, order, context);
  }
  const outcome =
    request.kind === "command"
      ? await runCommand(commands, job, { request, takenUp }, context)
      : await runOperatorWork(commands, job, { builder, work: request.work, takenUp }, context);
  if (outcome.kind !== "refused") return outcome;
  return refusedAgain(commands.promotion, { job, builder, takenUp, refusal: outcome.refusal }, context);
}
