import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Job, JobContext, JobOutcome, OperatorWork } from "../../work/index.ts";
import { type BuildRunnerParts, runBuildJob } from "./build-runner.ts";
import { type ImageRunnerParts, runImageJob } from "./image-runner.ts";

/** Does what an operator queued by hand. */
export function runOperatorWork(
  parts: { readonly building: BuildRunnerParts; readonly images: ImageRunnerParts },
  job: Job,
  order: { readonly builder: LoadedBuilder; readonly work: OperatorWork },
  context: JobContext,
): Promise<JobOutcome> {
  const { builder, work } = order;
  const askedBy = { kind: "operator" } as const;
  switch (work.kind) {
    case "component": {
      const { component, commit, distributions } = work;
      return runBuildJob(parts.building, job, { builder, component, askedBy, commit, distributions }, context);
    }
    case "template":
      return runImageJob(parts.images, job, { builder, askedBy, image: { ...work, kind: "build-template" } }, context);
    case "iso":
      return runImageJob(parts.images, job, { builder, askedBy, image: { ...work, kind: "build-iso" } }, context);
  }
}
