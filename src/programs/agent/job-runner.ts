import type { JobOutcome, JobRunner } from "../../work/index.ts";
import { type BuildRunnerParts, runBuildJob } from "./build-runner.ts";
import { type BuildersSource, lineOf } from "./builders.ts";
import { type PromotionParts, runPromotion } from "./promotion-runner.ts";

/** What the runners need. */
export interface JobRunnerParts {
  readonly builders: BuildersSource;
  readonly building: BuildRunnerParts;
  readonly promotion: PromotionParts;
}

/** Gives each job to what does its work. */
export function jobRunner({ builders, building, promotion }: JobRunnerParts): JobRunner {
  return {
    async run(job, context): Promise<JobOutcome> {
      const { request } = job;
      if (request.kind === "push") {
        const builder = (await builders()).loaded.find((candidate) => lineOf(candidate) === request.builder);
        if (builder === undefined) {
          return {
            kind: "failed",
            reason: "its builder is not configured, or its configuration does not load",
            reports: [],
          };
        }
        const order = {
          builder,
          component: request.component,
          askedBy: { kind: "push" },
          commit: null,
          distributions: null,
        } as const;
        return runBuildJob(building, job, order, context);
      }
      return runPromotion(promotion, job, request, context);
    },
  };
}
