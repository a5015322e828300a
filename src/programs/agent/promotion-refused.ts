import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import { AdapterError, type Refusal } from "../../domain/index.ts";
import { distributionOfPlan } from "../../promotion/index.ts";
import type { Job, JobContext, JobOutcome } from "../../work/index.ts";
import { applyPromotion } from "./promotion-apply.ts";
import type { PromotionCommand } from "./promotion-plan.ts";
import { applyPorts, type PromotionParts, postponed } from "./promotion-runner.ts";
import type { TakenUp } from "./promotion-taken-up.ts";
import { wantedPromotion } from "./wanted-promotion.ts";

/** A refused job, and what it had done before. */
interface RefusedJob {
  readonly job: Job;
  readonly builder: LoadedBuilder;
  readonly takenUp: TakenUp;
  readonly refusal: Refusal;
}

/**
 * What becomes of a job that is refused when its turn comes again. What it had applied before stands none the less, and is
 * told: as done where that was all of it, else as a failure that names both.
 */
export async function refusedAgain(
  parts: PromotionParts,
  { job, builder, takenUp, refusal }: RefusedJob,
  context: JobContext,
): Promise<JobOutcome> {
  const wanted = wantedPromotion(job);
  if (wanted === null || takenUp.plans.length === 0) return { kind: "refused", refusal, reports: [] };
  const { request } = job;
  const byHand = request.kind === "operator" && request.work.kind === "promotion" ? request.work.byHand : null;
  const already = takenUp.plans.map((plan) => ({ distribution: distributionOfPlan(plan), plan }));
  const nothing = async (): Promise<never> => {
    throw new Error("nothing of a refused promotion is applied");
  };
  try {
    const subject = await parts.subject(builder, wanted, context.signal);
    const told = await applyPromotion(
      { ...applyPorts(parts, { job, builder, wanted }, context), apply: nothing },
      { job, wanted, byHand, subject, already, apply: [], left: [], foundIn: takenUp.log },
    );
    if (told.kind !== "done" || isAll(wanted, takenUp)) return told;
    return { kind: "failed", reason: `${refusal.code}: ${refusal.message}; ${told.summary}`, reports: told.reports };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return postponed(parts.now(), error.message);
  }
}

/** What `all` comes to is not known of a command that is refused. */
function isAll(wanted: PromotionCommand, { plans }: TakenUp): boolean {
  if (wanted.kind === "upload-template") return true;
  const { distributions } = wanted;
  return distributions.kind === "named" && distributions.names.every((name) => plans.some(({ dist }) => dist === name));
}
