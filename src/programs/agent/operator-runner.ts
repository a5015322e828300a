import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import { authorizeOperator } from "../../authority/index.ts";
import type { Job, JobContext, JobOutcome, OperatorPromotion, OperatorWork } from "../../work/index.ts";
import { runBuildJob } from "./build-runner.ts";
import { type CommandRunnerParts, sureClock } from "./command-runner.ts";
import { runImageJob } from "./image-runner.ts";
import { runPromotion } from "./promotion-runner.ts";
import type { TakenUp } from "./promotion-taken-up.ts";

interface OperatorOrder {
  readonly builder: LoadedBuilder;
  readonly work: OperatorWork;
  readonly takenUp: TakenUp;
}

/** Does what an operator queued by hand. */
export function runOperatorWork(
  parts: CommandRunnerParts,
  job: Job,
  order: OperatorOrder,
  context: JobContext,
): Promise<JobOutcome> {
  const { builder, work, takenUp } = order;
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
    case "promotion":
      return promoteByHand(parts, job, { builder, work, takenUp }, context);
  }
}

/** As a signed command, but for the age: authorized by the shell in this qube, gated by holds, labels and signatures all the same. */
async function promoteByHand(
  parts: CommandRunnerParts,
  job: Job,
  { builder, work, takenUp }: OperatorOrder & { readonly work: OperatorPromotion },
  context: JobContext,
): Promise<JobOutcome> {
  const unsure = await sureClock(parts);
  if (unsure !== null) return unsure;
  const { command: wanted, line, orderedAt, byHand } = work;
  if (job.trace === null) throw new Error("an operator's promotion has no id");
  const order = { command: wanted, line, builder: builder.configuration, trace: job.trace };
  const command = authorizeOperator(order);
  if (!command.ok) return { kind: "refused", refusal: command.error, reports: [] };
  const heard = { command: command.value, builder };
  return runPromotion(parts.promotion, { job, askedAt: orderedAt, heard, wanted, byHand, takenUp }, context);
}
