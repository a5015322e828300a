import { join } from "node:path";
import type { BuilderPlace, JobLog } from "../../build/index.ts";
import { AdapterError, type DistributionName, parseDistribution } from "../../domain/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import type { RunProgram } from "../processes/index.ts";
import { runBuilderTool } from "./tool-stage.ts";
import { openQb } from "./v2/qb.ts";

/** What a back-end needs to publish by itself. */
export interface BackendPromotionOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** What its signing client needs besides. */
  readonly signing: Readonly<Record<string, string>>;
  readonly run: RunProgram;
}

/** Longer than signing and publishing a template takes. */
const limitMs = 3_600_000;

/**
 * Promotes by the back-end's own publish, for `promotion: backend`: its tools and records stay the ones that count, so that
 * going back to them is easy. Throws AdapterError.
 */
export async function promoteByBackend(
  options: BackendPromotionOptions,
  builder: BuilderPlace,
  plan: DistributionPlan,
  log: JobLog,
): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  switch (builder.configuration.backend) {
    case "native":
      throw new AdapterError(
        "CONFIGURATION",
        "promotion: backend needs builder v2 or v1; the native back-end has none",
      );
    case "qubes-builderv2": {
      const subject =
        plan.subject.kind === "component"
          ? { component: plan.subject.component, distribution: plan.dist }
          : { template: plan.subject.template };
      const qb = openQb({ ...options, builder });
      return qb.run(subject, ["repository", "publish", plan.to], log, signal, "trusted");
    }
    case "qubes-builder":
      return publishByVersionOne(options, builder, plan, log, signal);
  }
}

async function publishByVersionOne(
  { environment, signing, run }: BackendPromotionOptions,
  { directory }: BuilderPlace,
  plan: DistributionPlan,
  log: JobLog,
  signal: AbortSignal,
): Promise<void> {
  const distribution = parseDistribution(plan.dist as DistributionName);
  if (plan.subject.kind !== "component" || distribution === null) {
    throw new AdapterError("CONFIGURATION", "a v1 builder's templates are promoted natively: set promotion: native");
  }
  const selection = {
    COMPONENTS: plan.subject.component,
    DISTS_VM: distribution.set === "vm" ? distribution.dist : "",
    DIST_DOM0: distribution.set === "host" ? distribution.dist : "",
    MAKEREPO: "1",
    UPLOAD: "0",
    MAKEFLAGS: "",
  };
  await runBuilderTool(
    {
      program: join(directory, "scripts/make-with-log"),
      args: [`update-repo-${plan.to}`],
      directory,
      daemons: "stay",
      run,
      environment: { ...environment, ...signing, ...selection, RELEASE_BOT_LOG_SOCKET: log.socketPath },
    },
    log,
    signal,
  );
}
