import type { CommandRequest, Job, JobContext, JobOutcome, Ledger } from "../../work/index.ts";
import { type BuildRunnerParts, runBuildJob } from "./build-runner.ts";
import type { ClockWatch } from "./clock-watch.ts";
import { type ImageRunnerParts, runImageJob } from "./image-runner.ts";
import { type PromotionParts, runPromotion } from "./promotion-runner.ts";
import type { TakenUp } from "./promotion-taken-up.ts";
import { rehear } from "./rehearing.ts";
import type { VerificationParts } from "./verification.ts";

/** What carrying out commands needs. */
export interface CommandRunnerParts {
  readonly verification: VerificationParts;
  readonly ledger: Ledger;
  readonly clock: ClockWatch;
  readonly now: () => Date;
  readonly building: BuildRunnerParts;
  readonly images: ImageRunnerParts;
  readonly promotion: PromotionParts;
}

const tryAgainMs = 60_000;

/** Null where the clock is sure; else what becomes of a job that depends on time. */
export async function sureClock({ clock, now }: Pick<CommandRunnerParts, "clock" | "now">): Promise<JobOutcome | null> {
  const judged = await clock.judge();
  if (judged.kind === "wait")
    return { kind: "postponed", untilMs: now().getTime() + tryAgainMs, reason: judged.reason };
  return judged.kind === "refused" ? { kind: "refused", refusal: judged.refusal, reports: [] } : null;
}

/** Carries out one line of a signed message, judged once more from its signed block on, by a clock that is sure. */
export async function runCommand(
  parts: CommandRunnerParts,
  job: Job,
  { request, takenUp }: { readonly request: CommandRequest; readonly takenUp: TakenUp },
  context: JobContext,
): Promise<JobOutcome> {
  const { now, verification, ledger, building, promotion } = parts;
  const unsure = await sureClock(parts);
  if (unsure !== null) return unsure;
  const heard = await rehear({ ...verification, ledger }, request, now());
  if (!heard.ok) return { kind: "refused", refusal: heard.error, reports: [] };
  const { command, builder } = heard.value;
  const wanted = command.command;
  switch (wanted.kind) {
    case "upload-component":
    case "withdraw-component":
    case "upload-template":
      return runPromotion(
        promotion,
        { job, askedAt: request.receivedAt, heard: heard.value, wanted, byHand: null, takenUp },
        context,
      );
    case "build-component": {
      const { component, commit } = wanted;
      const names = command.target.kind === "component" ? command.target.distributions.map(({ name }) => name) : [];
      const askedBy = { kind: "command", signer: request.signer, trace: job.trace } as const;
      return runBuildJob(building, job, { builder, component, askedBy, commit, distributions: names }, context);
    }
    case "build-template":
    case "build-iso": {
      const askedBy = { kind: "command", signer: request.signer, trace: job.trace } as const;
      const image = wanted.kind === "build-iso" ? ({ ...wanted, release: "testing" } as const) : wanted;
      return runImageJob(parts.images, job, { builder, askedBy, image }, context);
    }
    case "hold":
    case "unhold":
      throw new Error("a hold is carried out when it is recorded, never as a job");
  }
}
