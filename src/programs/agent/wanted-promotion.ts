import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Job } from "../../work/index.ts";
import type { PromotionCommand } from "./promotion-plan.ts";

/** The promotion or withdrawal that a job is about; null where it is about another thing. */
export function wantedPromotion({ request }: Pick<Job, "request">): PromotionCommand | null {
  const command =
    request.kind === "command"
      ? request.command
      : request.kind === "operator" && request.work.kind === "promotion"
        ? request.work.command
        : null;
  const isPromotion =
    command?.kind === "upload-component" ||
    command?.kind === "upload-template" ||
    command?.kind === "withdraw-component";
  return isPromotion ? command : null;
}

/**
 * Who carries the plans of a job out. Only our own engine can withdraw, or set the age rule and nothing else aside; it keeps
 * the back-end's records.
 */
export function whoApplies({ configuration }: LoadedBuilder, job: Pick<Job, "request">): "back-end" | "release-bot" {
  const isOurs = wantedPromotion(job)?.kind === "withdraw-component" || job.request.kind === "operator";
  return configuration.promotion === "backend" && !isOurs ? "back-end" : "release-bot";
}
