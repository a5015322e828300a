import { basename } from "node:path";
import { AdapterError, type LogPath, type SourceHistory } from "../domain/index.ts";
import { type DistributionFact, distributionEvent, type Reporter } from "./events.ts";
import { untilStopped, within } from "./patience.ts";
import type { BackendRun, BackendStage, BuildPorts, BuildTask, JobLog, PackageFile } from "./ports.ts";
import type { DistributionRecord, StageName, StageRecord } from "./record.ts";

/** A stage gets TERM and, 10 s later, KILL; a publication is let finish. What is not over by then is given up. */
const graceMs = 60_000;
const openLimitMs = 60_000;
/** Longer than a log service needs to commit and push a large log; the build is over by then, only its link waits. */
const closeLimitMs = 180_000;

/** One distribution's build, and what surrounds it. */
export interface DistributionBuild {
  readonly task: BuildTask;
  readonly ports: BuildPorts;
  readonly reporter: Reporter;
  readonly attempts: number;
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

interface Failure {
  readonly stage: StageName;
  readonly reason: string;
}

/** The part of a log's path that names the build; the log service takes `[A-Za-z0-9_-]` only. */
function logLabel({ component, distribution }: BuildTask): string {
  return `${component.name}-${distribution.name}`.replace(/[^A-Za-z0-9_-]/g, "_");
}

function say(error: unknown): string {
  if (error instanceof AdapterError) return error.message;
  throw error;
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
    packages: [],
    repository: task.repository,
    log: null,
  };
  await build.progress(record);
  const event = distributionEvent(reporter, ports.now(), task.distribution.name, { type: "building" });
  await ports.report([{ kind: "status", event }]);

  let log: JobLog;
  try {
    log = await within(openLimitMs, "the log service", ports.logs.open(logLabel(task)));
  } catch (error) {
    const reason = `no log can be had, so nothing is built: ${say(error)}`;
    const fact = { type: "failed", stage: "log", reason, logTail: "", log: null } as const;
    return { record: { ...record, state: "failed", reason }, facts: [fact] };
  }
  log.note(
    `build of ${task.component.name} ${printable(task.version)} ${task.commit} for ${task.distribution.name} of ${task.builder.configuration.release}, job ${reporter.job}`,
  );
  const keep = async (stages: readonly StageRecord[]): Promise<void> => {
    record = { ...record, stages };
    await build.progress(record);
  };
  const outcome = await runStages(build, log, keep).catch(async (bug: unknown) => {
    log.note("failed by an internal error");
    await closeLog(log, { stage: "build", reason: "" });
    throw bug;
  });
  const tail = log.tail();
  const packages = outcome.packages.map(({ path, sha256, size }) => ({ file: basename(path), sha256, size }));
  for (const { file, sha256, size } of packages) log.note(`package ${printable(file)} sha256:${sha256} ${size}`);
  if (outcome.failure !== null) log.note(`${outcome.failure.stage} failed: ${printable(outcome.failure.reason)}`);
  const path = await closeLog(log, outcome.failure);
  const reason = outcome.failure === null ? "" : `${outcome.failure.stage}: ${outcome.failure.reason}`;
  record = { ...record, state: outcome.failure === null ? "uploaded" : "failed", reason, packages, log: path };
  return { record, facts: build.signal.aborted ? [] : tell(build, outcome.failure, tail, path) };
}

async function closeLog(log: JobLog, failure: Failure | null): Promise<LogPath | null> {
  try {
    return await within(closeLimitMs, "the log service", log.close(failure === null ? "done" : "failed"));
  } catch {
    // The build's outcome stands without its link; the log's loss is the log service's own alarm.
    return null;
  }
}

/** A line of the log is one line, whatever stands in a version or a file's name. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 500);
}

async function runStages(
  build: DistributionBuild,
  log: JobLog,
  keep: (stages: readonly StageRecord[]) => Promise<void>,
): Promise<{ readonly failure: Failure | null; readonly packages: readonly PackageFile[] }> {
  const { task, ports } = build;
  const limit = AbortSignal.timeout(task.component.timeoutSeconds * 1000);
  const gone = new AbortController();
  let lost = "";
  void log.broken.then((why) => {
    lost = why;
    gone.abort();
  });
  const signal = AbortSignal.any([build.signal, limit, gone.signal]);
  const stages: StageRecord[] = [];
  let run: BackendRun | null = null;
  let at: StageName = "prep";

  /** What a failure is really due to: the limit, the lost log, a stop from outside, or the stage itself. */
  const explain = (error: unknown): string => {
    if (build.signal.aborted) return "ended before it was done: cancelled, or the program was stopped";
    if (gone.signal.aborted) return `the log went away (${lost}), and nothing is signed without one`;
    if (limit.aborted) return `after ${task.component.timeoutSeconds} s: its time limit`;
    return say(error);
  };
  const step = async (stage: BackendStage): Promise<void> => {
    at = stage.name;
    const startedAt = ports.now().toISOString();
    let error: string | null = null;
    log.note(`${stage.name} begins`);
    try {
      signal.throwIfAborted();
      await untilStopped(signal, graceMs, stage.run(signal));
      signal.throwIfAborted();
    } catch (fault) {
      error = explain(fault);
      throw fault;
    } finally {
      stages.push({ stage: stage.name, startedAt, endedAt: ports.now().toISOString(), error });
      await keep([...stages]);
    }
  };

  try {
    run = await ports.backend.open(task, log);
    for (const stage of run.stages) await step(stage);
    return { failure: null, packages: await run.packages() };
  } catch (error) {
    return { failure: { stage: at, reason: explain(error) }, packages: [] };
  } finally {
    await run?.close();
  }
}

function tell(
  { task, history }: DistributionBuild,
  failure: Failure | null,
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
