import { AdapterError, type LogPath, type SourceHistory } from "../domain/index.ts";
import { type DistributionFact, distributionEvent, type Reporter } from "./events.ts";
import { closeLog, named, notePackages, openLog, printable } from "./log-end.ts";
import type { BuildPorts, BuildTask, JobLog } from "./ports.ts";
import type { DistributionRecord } from "./record.ts";
import { runStages, type StageFailure, type StageRun } from "./run-stages.ts";

/** One distribution's build, and what surrounds it. */
export interface DistributionBuild {
  readonly task: BuildTask;
  readonly ports: BuildPorts;
  readonly reporter: Reporter;
  readonly attempts: number;
  /** What an earlier run of the job published before it died; empty where there was none. */
  readonly published: DistributionRecord["packages"];
  /** Aborted when the job is cancelled or the program stops. */
  readonly signal: AbortSignal;
  /** What came in since the version that stands in the repository now. */
  readonly history: SourceHistory | null;
  /** Keeps the record as it grows, so that a crash leaves what was done. */
  readonly progress: (record: DistributionRecord) => Promise<void>;
}

/** What became of it: for the record, and for GitHub. */
export interface DistributionResult {
  readonly record: DistributionRecord;
  /** Told once the log has its path. Empty where the job was stopped from outside. */
  readonly facts: readonly DistributionFact[];
}

/** Builds one distribution from its log's opening to the log's end. Faults of the world become its failure. */
export async function buildDistribution(build: DistributionBuild): Promise<DistributionResult> {
  const { task, ports, reporter } = build;
  let record: DistributionRecord = {
    distribution: task.distribution.name,
    state: "building",
    reason: "",
    attempts: build.attempts,
    stages: [],
    packages: task.begin === "published" ? build.published : [],
    repository: task.repository,
    log: null,
  };
  await build.progress(record);
  const event = distributionEvent(reporter, ports.now(), task.distribution.name, { type: "building" });
  await ports.report([{ kind: "status", event }]);

  let log: JobLog;
  try {
    log = await openLog(ports.logs, `${task.component.name}-${task.distribution.name}`, reporter.trace);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    const reason = `no log can be had, so nothing is built: ${error.message}`;
    const fact = { type: "failed", stage: "log", reason, logTail: "", log: null } as const;
    return { record: { ...record, state: "failed", reason }, facts: [fact] };
  }
  log.note(
    `build of ${task.component.name} ${printable(task.version)} ${task.commit} for ${task.distribution.name} of ${task.builder.configuration.release}, job ${reporter.job}`,
  );
  const keep: StageRun["keep"] = async (stages, ready) => {
    record = { ...record, stages, packages: ready === null ? record.packages : named(ready) };
    await build.progress(record);
  };
  const outcome = await runStages({
    log,
    open: () => ports.backend.open(task, log),
    signal: build.signal,
    limitSeconds: task.component.timeoutSeconds,
    now: ports.now,
    keep,
  }).catch(async (bug: unknown) => {
    log.note("failed by an internal error");
    await closeLog(log, "failed");
    throw bug;
  });
  const tail = log.tail();
  // What failed to be published was to be published only.
  const kept = outcome.failure?.stage === "publish" ? [] : record.packages;
  const packages = outcome.packages.length > 0 ? named(outcome.packages) : kept;
  notePackages(log, packages);
  if (outcome.failure !== null) log.note(`${outcome.failure.stage} failed: ${printable(outcome.failure.reason)}`);
  const path = await closeLog(log, outcome.failure === null ? "done" : "failed");
  const reason = outcome.failure === null ? "" : `${outcome.failure.stage}: ${outcome.failure.reason}`;
  record = { ...record, state: outcome.failure === null ? "uploaded" : "failed", reason, packages, log: path };
  return { record, facts: build.signal.aborted ? [] : tell(build, outcome.failure, tail, path) };
}

function tell(
  { task, history }: DistributionBuild,
  failure: StageFailure | null,
  logTail: string,
  log: LogPath | null,
): DistributionFact[] {
  const { repository } = task;
  if (failure === null)
    return [
      { type: "built", log },
      { type: "uploaded", repository, log, plan: null, history },
    ];
  const { stage, reason } = failure;
  if (stage === "publish" || stage === "upload") {
    return [
      { type: "built", log },
      { type: "upload-failed", repository, reason, log },
    ];
  }
  return [{ type: "failed", stage, reason, logTail, log }];
}
