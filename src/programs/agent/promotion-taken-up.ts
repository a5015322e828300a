/**
 * What a promotion or withdrawal has applied and not stated: its agent died, its log was not received, its disk broke while
 * it committed. It is stated from the plan that was noted before it was applied, before anything else is decided or done in
 * that queue, and whatever becomes of the job: its command may be refused now, or the job be over.
 */
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Repositories } from "../../adapters/repository/index.ts";
import type { JobLog, LogService } from "../../build/index.ts";
import { AdapterError, type LogPath } from "../../domain/index.ts";
import { type DistributionPlan, distributionOfPlan, isListed, type Move } from "../../promotion/index.ts";
import type { Job } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { type BuildersSource, lineOf } from "./builders.ts";
import type { ClockWatch } from "./clock-watch.ts";
import { logLabelOf } from "./promotion-apply.ts";
import type { AppliedPlans } from "./provenance.ts";
import { whoApplies } from "./wanted-promotion.ts";

/** Where it is noted what a job begins to apply. Each throws AdapterError. */
export interface BegunPlanNotes {
  /** Durable when it resolves. */
  begin(job: number, plan: DistributionPlan): Promise<void>;
  statedOf(job: number): Promise<readonly DistributionPlan[]>;
  left(queue: string): Promise<readonly { readonly job: Job; readonly plans: readonly DistributionPlan[] }[]>;
  leftQueues(): Promise<readonly string[]>;
  stated(job: number, plans: readonly DistributionPlan[]): Promise<void>;
  forget(job: number, plans: readonly DistributionPlan[]): Promise<void>;
}

/** What taking up needs. */
export interface TakingUpParts {
  readonly begun: BegunPlanNotes;
  readonly clock: Pick<ClockWatch, "judge">;
  readonly builders: BuildersSource;
  readonly repositories: (builder: LoadedBuilder) => Pick<Repositories, "listed" | "recover">;
  readonly logs: LogService;
  readonly applied: (done: AppliedPlans) => Promise<"stated" | "unstated">;
  readonly log: Logger;
}

/** What earlier attempts of a job have applied; all of it is stated. */
export interface TakenUp {
  readonly plans: readonly DistributionPlan[];
  /** The log that says that it was found; null where that was said before, or nothing was found. */
  readonly log: LogPath | null;
}

/**
 * States what is left in the job's queue, and answers what of it is the job's own. Under the builder's lock. Throws
 * AdapterError where it cannot be stated now: whatever changes a repository has to wait.
 */
export async function takeUp(parts: TakingUpParts, job: Job, builder: LoadedBuilder): Promise<TakenUp> {
  const paths = await stateLeft(parts, job.queue);
  const repositories = parts.repositories(builder);
  const plans = (await parts.begun.statedOf(job.id)).filter((plan) => stands(repositories, plan));
  return { plans, log: paths.get(job.id) ?? null };
}

/** States what is left in a queue, under its lock; answers by which jobs, and where it is said. Throws AdapterError. */
export async function stateLeft(parts: TakingUpParts, queue: string): Promise<ReadonlyMap<number, LogPath | null>> {
  const paths = new Map<number, LogPath | null>();
  const left = await parts.begun.left(queue);
  // A statement says when; by a clock that is not sure, no promotion runs either.
  if (left.length === 0 || (await parts.clock.judge()).kind !== "sure") return paths;
  const { loaded } = await parts.builders();
  for (const { job, plans } of left) {
    const builder = loaded.find((candidate) => lineOf(candidate) === job.request.builder);
    if (builder === undefined) {
      const said = "what it has perhaps applied cannot be stated: its builder is not configured any more";
      parts.log.error({ alarm: "provenance", job: job.id, trace: job.trace }, said);
      continue;
    }
    const repositories = parts.repositories(builder);
    // What a broken disk left half is finished or undone: only then what stands is what will stand.
    await repositories.recover();
    const found = plans.filter((plan) => stands(repositories, plan));
    if (found.length > 0) paths.set(job.id, await stateFound(parts, { job, builder }, found));
    await parts.begun.forget(
      job.id,
      plans.filter((plan) => !found.includes(plan)),
    );
  }
  return paths;
}

async function stateFound(
  { begun, logs, applied }: TakingUpParts,
  { job, builder }: { readonly job: Job; readonly builder: LoadedBuilder },
  plans: readonly DistributionPlan[],
): Promise<LogPath | null> {
  const [first] = plans;
  if (first === undefined) return null;
  const log = await logs.open(logLabelOf(first), job.trace);
  for (const plan of plans) sayFound(log, plan);
  const path = await log.close("done");
  if ((await applied({ job, plans, log: path, by: whoApplies(builder, job), attempt: "earlier" })) === "unstated") {
    throw new AdapterError("UNREACHABLE", `what job ${job.id} has applied cannot be stated now`);
  }
  await begun.stated(job.id, plans);
  return path;
}

function sayFound(log: JobLog, plan: DistributionPlan): void {
  log.note(
    `taken up again: ${plan.dist} in ${plan.to} stands as an earlier attempt was to leave it, by plan ${plan.digest}; ` +
      "what was signed is announced in the log of that attempt",
  );
  for (const { file, sha256 } of plan.moves) log.note(`${sha256} ${file}`);
}

/** Whether the metadata lists just what the plan was to leave there, by the files' hashes. */
function stands(repositories: Pick<Repositories, "listed">, plan: DistributionPlan): boolean {
  const distribution = distributionOfPlan(plan);
  const listed = repositories.listed(plan.release, plan.to, distribution);
  const there = new Map(listed.map(({ file, sha256 }) => [file, sha256]));
  const isThere = ({ file, sha256 }: Move): boolean => there.get(file) === sha256;
  const moves = plan.moves.filter(({ file }) => isListed(file));
  if (plan.action === "promote") return moves.every(isThere);
  return !moves.some(isThere) && plan.restores.filter(({ file }) => isListed(file)).every(isThere);
}
