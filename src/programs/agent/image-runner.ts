import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import {
  type AskedBy,
  type ImageBackend,
  type ImageRecords,
  type ImageTask,
  type IsoTests,
  isoTask,
  type LogService,
  runImage,
  templateTask,
} from "../../build/index.ts";
import type { BuildIso, BuildTemplate, IsoVersion, QubeName, Refusal, Result, Timestamp } from "../../domain/index.ts";
import type { Job, JobContext, JobOutcome } from "../../work/index.ts";

/** What building templates and ISOs needs of the world, for any builder. */
export interface ImageRunnerParts {
  readonly environment: QubeName;
  readonly now: () => Date;
  readonly logs: LogService;
  readonly images: ImageRecords;
  readonly imageBackend: (builder: LoadedBuilder) => ImageBackend;
  /** Null where no openQA is configured, or the builder says no URL for its images. */
  readonly isoTests: (builder: LoadedBuilder) => Promise<IsoTests | null>;
}

/** What to build: a signed command's, or an operator's by hand. */
export type ImageOrder =
  | Pick<BuildTemplate, "template" | "timestamp" | "kind">
  | (Pick<BuildIso, "kind"> & {
      readonly version: IsoVersion;
      readonly timestamp: Timestamp;
      readonly release: "testing" | "final";
    });

function taskOf(builder: LoadedBuilder, order: ImageOrder): Result<ImageTask, Refusal> {
  return order.kind === "build-template"
    ? templateTask(builder, order.template, order.timestamp)
    : isoTask(builder, order.version, order.timestamp, order.release);
}

/** Runs one template's or ISO's build as a job. */
export async function runImageJob(
  parts: ImageRunnerParts,
  job: Job,
  order: { readonly builder: LoadedBuilder; readonly askedBy: AskedBy; readonly image: ImageOrder },
  context: JobContext,
): Promise<JobOutcome> {
  const { builder, askedBy } = order;
  const task = taskOf(builder, order.image);
  if (!task.ok) return { kind: "refused", refusal: task.error, reports: [] };
  const outcome = await runImage(
    {
      job: String(job.id),
      trace: job.trace,
      askedBy,
      environment: parts.environment,
      task: task.value,
      signal: context.signal,
    },
    {
      backend: parts.imageBackend(builder),
      logs: parts.logs,
      records: parts.images,
      tests: task.value.kind === "iso" ? await parts.isoTests(builder) : null,
      now: parts.now,
      report: context.report,
    },
  );
  if (outcome.kind === "refused") return { ...outcome, reports: [] };
  const { summary, reports } = outcome;
  return outcome.kind === "failed" ? { kind: "failed", reason: summary, reports } : { kind: "done", summary, reports };
}
