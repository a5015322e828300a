import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import {
  type AskedBy,
  type Backend,
  type BuildPorts,
  type BuildRecords,
  type LogService,
  runBuild,
  type Shelf,
  type Sources,
} from "../../build/index.ts";
import type { CommitSha, ComponentName, DistributionName, QubeName } from "../../domain/index.ts";
import type { Job, JobContext, JobOutcome } from "../../work/index.ts";

/** What building needs of the world, for any builder. */
export interface BuildRunnerParts {
  readonly environment: QubeName;
  readonly now: () => Date;
  readonly sources: Sources;
  readonly logs: LogService;
  readonly records: BuildRecords;
  readonly backend: (builder: LoadedBuilder) => Backend;
  readonly shelf: (builder: LoadedBuilder) => Shelf;
}

/** What to build, and by whose word. */
export interface BuildOrder {
  readonly builder: LoadedBuilder;
  readonly component: ComponentName;
  readonly askedBy: AskedBy;
  /** Null: what stands at the head of the branch. */
  readonly commit: CommitSha | null;
  /** Null: all of the builder's. */
  readonly distributions: readonly DistributionName[] | null;
}

/** Runs one build as a job. */
export async function runBuildJob(
  parts: BuildRunnerParts,
  job: Job,
  order: BuildOrder,
  context: JobContext,
): Promise<JobOutcome> {
  const { builder, commit, distributions, askedBy } = order;
  const component = builder.configuration.components.find(({ name }) => name === order.component);
  if (component === undefined) {
    return { kind: "done", summary: `${order.component} is not configured any more`, reports: [] };
  }
  const ports: BuildPorts = {
    sources: parts.sources,
    backend: parts.backend(builder),
    logs: parts.logs,
    shelf: parts.shelf(builder),
    records: parts.records,
    now: parts.now,
    report: context.report,
    pin: context.pin,
  };
  const outcome = await runBuild(
    {
      job: String(job.id),
      trace: job.trace,
      askedBy,
      environment: parts.environment,
      builder,
      component,
      commit: commit ?? job.commit,
      distributions,
      signal: context.signal,
    },
    ports,
  );
  const { summary, reports } = outcome;
  return outcome.kind === "failed"
    ? { kind: "failed", reason: summary, reports }
    : { kind: "done", summary: outcome.kind === "nothing" ? `nothing to do: ${summary}` : summary, reports };
}
