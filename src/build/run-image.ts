import { createHash } from "node:crypto";
import {
  AdapterError,
  type QubeName,
  type Refusal,
  type Report,
  type RepositoryName,
  refusal,
  type StatusEvent,
  type TraceId,
} from "../domain/index.ts";
import type { ImagePorts, ImageRecord, ImageTask } from "./image-ports.ts";
import { closeLog, named, notePackages, openLog, printable } from "./log-end.ts";
import type { JobLog } from "./ports.ts";
import type { AskedBy } from "./record.ts";
import { runStages, type StageFailure } from "./run-stages.ts";

/** A template or an ISO to build. */
export interface ImageRequest {
  readonly job: string;
  readonly trace: TraceId | null;
  readonly askedBy: AskedBy;
  readonly environment: QubeName;
  readonly task: ImageTask;
  readonly signal: AbortSignal;
}

/** How it ended. What is still to be told belongs into the same transaction as the outcome. */
export type ImageOutcome =
  | {
      readonly kind: "done" | "failed";
      readonly summary: string;
      readonly record: ImageRecord;
      readonly reports: readonly Report[];
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** ISOs take six hours where nothing else is said. */
const isoLimitSeconds = 21_600;

/** What an event says besides whom it is about. */
type Fact = StatusEvent extends infer Event
  ? Event extends StatusEvent
    ? Omit<Event, "id" | "trace" | "subject" | "environment" | "at">
    : never
  : never;

function event(request: ImageRequest, at: Date, fact: Fact): Report {
  const { job, trace, environment, task } = request;
  const { subject } = task;
  const about = subject.kind === "template" ? `${subject.template} ${subject.version}` : subject.version;
  const words = [fact.type, job, environment, subject.kind, subject.release, about].join("\n");
  const id = `i-${createHash("sha256").update(words).digest("hex").slice(0, 40)}`;
  return { kind: "status", event: { id, trace, subject, environment, at, ...fact } as StatusEvent };
}

function name(task: ImageTask): string {
  return task.kind === "template" ? task.template.name : "iso";
}

function repositoryOf({ kind, builder }: ImageTask): RepositoryName {
  const { repositoryPublish } = builder.configuration;
  return kind === "template"
    ? (repositoryPublish.templates ?? "templates-itl-testing")
    : (repositoryPublish.iso ?? "iso-testing");
}

/**
 * Builds a template or an ISO: into the `-testing` repository, reported, an ISO handed to openQA. A timestamp that is not
 * newer than the last build's is refused: the version would go backwards.
 */
export async function runImage(request: ImageRequest, ports: ImagePorts): Promise<ImageOutcome> {
  const { task, job } = request;
  const { release } = task.subject;
  const last = await ports.records.lastTimestamp(release, name(task), job);
  if (last !== null && task.timestamp <= last) {
    return {
      kind: "refused",
      refusal: refusal(
        "TIMESTAMP_OUT_OF_RANGE",
        task.timestamp,
        `the last build of ${name(task)} has the timestamp ${last}`,
        "Sign the command again with a newer timestamp.",
      ),
    };
  }
  const earlier = await ports.records.load(job);
  const repository = repositoryOf(task);
  let record: ImageRecord = {
    job,
    trace: request.trace,
    askedBy: request.askedBy,
    builder: task.builder.directory,
    subject: task.subject,
    timestamp: task.timestamp,
    startedAt: earlier?.startedAt ?? ports.now().toISOString(),
    endedAt: null,
    state: "running",
    reason: "",
    attempts: (earlier?.attempts ?? 0) + 1,
    stages: [],
    packages: [],
    repository,
    log: null,
    tests: null,
  };
  await ports.records.save(record);
  const { minAgeDays } = task.builder.configuration;
  await ports.report([
    event(request, ports.now(), { type: "announced", history: null, distributions: [], minAgeDays }),
    event(request, ports.now(), { type: "building", distribution: null }),
  ]);
  const keep = async (stages: ImageRecord["stages"]): Promise<void> => {
    record = { ...record, stages };
    await ports.records.save(record);
  };
  const built = record.attempts > 2 ? diedTwice : await build(request, ports, keep);
  const tests = built.failure === null && task.kind === "iso" ? await startTests(request, ports) : null;
  const reason = built.failure === null ? "" : `${built.failure.stage}: ${built.failure.reason}`;
  const state = built.failure === null ? "done" : "failed";
  const { log, packages } = built;
  record = { ...record, state, reason, log, packages, tests: tests?.url ?? null, endedAt: ports.now().toISOString() };
  await ports.records.save(record);
  const reports = [...tell(request, ports.now(), record, built), ...(tests?.reports ?? [])];
  const summary = state === "done" ? `${name(task)} ${task.subject.version} is in ${repository}` : reason;
  return { kind: state, summary: [summary, ...(tests?.fault ?? [])].join("; "), record, reports };
}

interface Built {
  readonly failure: StageFailure | null;
  readonly packages: ImageRecord["packages"];
  readonly log: ImageRecord["log"];
  readonly tail: string;
}

const diedTwice: Built = {
  failure: { stage: "build", reason: "the program died twice while it was built" },
  packages: [],
  log: null,
  tail: "",
};

async function build(
  request: ImageRequest,
  ports: ImagePorts,
  keep: (stages: ImageRecord["stages"]) => Promise<void>,
): Promise<Built> {
  const { task } = request;
  const { release, version } = task.subject;
  let log: JobLog;
  try {
    const label = task.kind === "template" ? `template-${task.template.name}` : "iso";
    log = await openLog(ports.logs, label, request.trace);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    const reason = `no log can be had, so nothing is built: ${error.message}`;
    return { failure: { stage: "log", reason }, packages: [], log: null, tail: "" };
  }
  log.note(`build of ${task.kind} ${name(task)} ${printable(version)} of ${release}, job ${request.job}`);
  const outcome = await runStages({
    log,
    open: () => ports.backend.openImage(task, log),
    signal: request.signal,
    limitSeconds: task.kind === "template" ? task.template.timeoutSeconds : isoLimitSeconds,
    now: ports.now,
    keep,
  }).catch(async (bug: unknown) => {
    log.note("failed by an internal error");
    await closeLog(log, "failed");
    throw bug;
  });
  const { failure } = outcome;
  const tail = log.tail();
  const packages = named(outcome.packages);
  notePackages(log, packages);
  if (failure !== null) log.note(`${failure.stage} failed: ${printable(failure.reason)}`);
  return { failure, packages, log: await closeLog(log, failure === null ? "done" : "failed"), tail };
}

/** A test that cannot be asked for is no failure of the build: it is said beside it. */
async function startTests(
  request: ImageRequest,
  ports: ImagePorts,
): Promise<{
  readonly url: string | null;
  readonly reports: readonly Report[];
  readonly fault: readonly string[];
} | null> {
  if (ports.tests === null || request.task.kind !== "iso") return null;
  try {
    const url = await ports.tests.start(request.task.subject);
    return { url, reports: [event(request, ports.now(), { type: "tests-started", url })], fault: [] };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { url: null, reports: [], fault: [`openQA did not take it: ${error.message}`] };
  }
}

function tell(request: ImageRequest, at: Date, record: ImageRecord, built: Built): Report[] {
  const { repository, log } = record;
  const { failure } = built;
  const told = (fact: Fact): Report => event(request, at, fact);
  const done = told({ type: "built", distribution: null, log });
  if (failure === null) {
    return [done, told({ type: "uploaded", distribution: null, repository, log, plan: null, history: null })];
  }
  const { stage, reason } = failure;
  if (stage === "publish" || stage === "upload") {
    return [done, told({ type: "upload-failed", distribution: null, repository, reason, log })];
  }
  return [told({ type: "failed", distribution: null, stage, reason, logTail: built.tail, log })];
}
