import type { RehearsedPlan } from "../../adapters/repository/index.ts";
import type { StatusEvent } from "../../domain/index.ts";
import type { Rehearsal, RehearsedPlace } from "../../shadow/index.ts";
import type { Job, JobOutcome } from "../../work/index.ts";
import type { PromotionCommand } from "./promotion-plan.ts";
import { placeOfPlan, rehearsalOf } from "./rehearsal-of.ts";

/** A promotion's job that has ended, as it is kept. */
export function promotionRehearsal(parts: {
  readonly job: Job;
  readonly wanted: PromotionCommand;
  readonly plans: readonly RehearsedPlan[];
  readonly outcome: Exclude<JobOutcome, { kind: "postponed" }>;
  readonly now: Date;
}): Rehearsal {
  const { job, wanted, plans, outcome, now } = parts;
  const refusal = outcome.kind === "refused" ? outcome.refusal : null;
  const early = plans.flatMap(({ at }) => at ?? []).map((at) => at.getTime());
  return rehearsalOf(
    { job, wanted },
    {
      key: keyOf(job),
      mode: "look",
      subject: eventOf(outcome)?.subject ?? null,
      places:
        plans.length > 0 ? plans.map(({ plan }) => withLine(placeOfPlan(plan), refusal)) : unplanned(wanted, outcome),
      asOf: early.length === 0 ? now : new Date(Math.min(...early)),
      now,
      refusal,
    },
  );
}

/** A line is carried out as a whole or not at all: where it is refused, so is what would have been done by itself. */
function withLine(place: RehearsedPlace, refusal: Rehearsal["refusal"]): RehearsedPlace {
  if (place.refusal?.code === "ALREADY_PUBLISHED") return { ...place, verdict: "stands" };
  if (refusal === null || place.verdict !== "would") return place;
  return { ...place, verdict: "refused", refusal, reason: `${refusal.code}: ${refusal.message}`, files: [] };
}

/** Refused before it was planned: by the signature, the order, the clock. */
function unplanned(
  wanted: PromotionCommand,
  outcome: Exclude<JobOutcome, { kind: "postponed" }>,
): readonly RehearsedPlace[] {
  const refusal = outcome.kind === "refused" ? outcome.refusal : null;
  const reason =
    refusal !== null
      ? `${refusal.code}: ${refusal.message}`
      : outcome.kind === "done"
        ? outcome.summary
        : "not planned";
  const dists =
    wanted.kind === "upload-template" || wanted.distributions.kind === "all"
      ? ["all"]
      : wanted.distributions.names.map((name) => String(name));
  const verdict = refusal === null ? "skipped" : "refused";
  return dists.map((dist) => ({ dist, verdict, refusal, reason, plan: null, files: [], moved: null }));
}

/** A command once for each line and builder; by hand once for each job. */
export function keyOf({ id, request }: Pick<Job, "id" | "request">): string {
  if (request.kind !== "command" || request.message === null) return `job\n${id}`;
  return ["command", request.message.key, request.message.line, request.builder].join("\n");
}

/** The first status event that a job would have told; null where it tells none. */
export function eventOf({ reports }: Exclude<JobOutcome, { kind: "postponed" }>): StatusEvent | null {
  for (const report of reports) if (report.kind === "status") return report.event;
  return null;
}
