/**
 * What an attempt that died has applied. A job that is taken up again finds it done, and would have nothing to say of it: it
 * is stated first, before anything is asked or decided anew, from the plan that was noted before it was applied.
 */
import type { JobLog, LogService } from "../../build/index.ts";
import { AdapterError, type LogPath } from "../../domain/index.ts";
import { type DistributionPlan, isListed, type Move } from "../../promotion/index.ts";
import type { AppliedPlans } from "./provenance.ts";

/** Where it is noted what a job begins to apply. */
export interface BegunPlanNotes {
  /** Durable when it resolves. Throws AdapterError. */
  begin(job: number, plan: DistributionPlan): Promise<void>;
  ofJob(job: number): Promise<readonly { readonly plan: DistributionPlan; readonly stated: boolean }[]>;
  stated(job: number, plans: readonly DistributionPlan[]): Promise<void>;
}

/** A plan of an earlier attempt that was found applied. */
export type FoundPlan = Awaited<ReturnType<BegunPlanNotes["ofJob"]>>[number];

/** Finds what the job has applied. Throws AdapterError where the repository cannot be read. */
export async function findApplied(
  notes: BegunPlanNotes,
  job: number,
  listed: (plan: DistributionPlan) => readonly Move[],
): Promise<readonly FoundPlan[]> {
  const begun = await notes.ofJob(job);
  return begun.filter(({ plan }) => standsAs(plan, listed(plan)));
}

/** What stating it needs. */
export interface StatingFound {
  readonly begun: BegunPlanNotes;
  readonly logs: LogService;
  readonly applied: (done: AppliedPlans) => Promise<"stated" | "unstated">;
}

/**
 * States it, in a log that says so; null where an attempt before this one has. Throws AdapterError where that cannot be done
 * now: the job has to wait, and to be taken up once more.
 */
export async function stateFound(
  { begun, logs, applied }: StatingFound,
  { job, by, label }: Pick<AppliedPlans, "job" | "by"> & { readonly label: string },
  found: readonly FoundPlan[],
): Promise<LogPath | null> {
  const plans = found.filter(({ stated }) => !stated).map(({ plan }) => plan);
  if (plans.length === 0) return null;
  const log = await logs.open(label);
  for (const plan of plans) sayFound(log, plan);
  const path = await log.close("done");
  if ((await applied({ job, plans, log: path, by, attempt: "earlier" })) === "unstated") {
    throw new AdapterError("UNREACHABLE", "what was applied before the program died cannot be stated now");
  }
  await begun.stated(job.id, plans);
  return path;
}

function sayFound(log: JobLog, plan: DistributionPlan): void {
  log.note(
    `taken up again: ${plan.dist} in ${plan.to} stands as an earlier attempt was to leave it, by plan ${plan.digest}; ` +
      "what was signed is announced in the log of that attempt, which ended without closing",
  );
  for (const { file, sha256 } of plan.moves) log.note(`${sha256} ${file}`);
}

/** Whether the metadata lists just what the plan was to leave there, by the files' hashes. */
function standsAs(plan: DistributionPlan, listed: readonly Move[]): boolean {
  const there = new Map(listed.map(({ file, sha256 }) => [file, sha256]));
  const stands = ({ file, sha256 }: Move): boolean => there.get(file) === sha256;
  const moves = plan.moves.filter(({ file }) => isListed(file));
  if (plan.action === "promote") return moves.every(stands);
  return !moves.some(stands) && plan.restores.filter(({ file }) => isListed(file)).every(stands);
}
