import type {
  CommitSha,
  ComponentSubject,
  DistributionName,
  QubeName,
  Report,
  SourceHistory,
  StatusEvent,
  TraceId,
} from "../domain/index.ts";
import type { ComponentConfiguration } from "../formats/builder-yml/index.ts";
import { buildDistribution } from "./build-distribution.ts";
import { announced, type DistributionFact, distributionEvent, type Reporter } from "./events.ts";
import { obtainSource } from "./obtain-source.ts";
import { type PlannedDistribution, planDistributions } from "./plan.ts";
import type { BuilderPlace, BuildPorts, BuildTask, FetchedSource, StandingPackage } from "./ports.ts";
import type { AskedBy, BuildRecord, DistributionRecord } from "./record.ts";

/** A component to build. */
export interface BuildRequest {
  /** Names the job; its record is found by it again after a crash. */
  readonly job: string;
  readonly trace: TraceId | null;
  readonly askedBy: AskedBy;
  readonly environment: QubeName;
  readonly builder: BuilderPlace;
  readonly component: ComponentConfiguration;
  /** That commit only; null: what stands at the head of the branch. */
  readonly commit: CommitSha | null;
  /** Those only; null: all of the builder's. */
  readonly distributions: readonly DistributionName[] | null;
  readonly signal: AbortSignal;
}

/** How a build ended. `nothing`: there was nothing to do, and nobody need be told. */
export interface BuildOutcome {
  readonly kind: "done" | "failed" | "nothing";
  readonly summary: string;
  readonly record: BuildRecord;
  /** What is still to be told, in the same transaction as the outcome. */
  readonly reports: readonly Report[];
}

/** A build under way: what it has of its request, and the record as it grows. */
interface Build {
  readonly request: BuildRequest;
  readonly ports: BuildPorts;
  record: BuildRecord;
}

const status = (event: StatusEvent): Report => ({ kind: "status", event });

/**
 * Builds one component at one commit for the builder's distributions: fetched, verified before it is unpacked, built,
 * signed, published, uploaded and reported, one distribution after the other; one that fails does not stop the next.
 */
export async function runBuild(request: BuildRequest, ports: BuildPorts): Promise<BuildOutcome> {
  const earlier = await ports.records.load(request.job);
  const build: Build = { request, ports, record: earlier ?? newRecord(request, ports.now()) };
  const { component } = request;
  if (!component.packages) return end(build, "nothing", `${component.name} is only fetched for other builds`, []);
  const source = await obtainSource(request, ports, build.record.commit ?? request.commit);
  if (!source.ok) {
    const { kind, reason, event } = source.error;
    return end(build, kind, reason, event === null ? [] : [status(event)]);
  }
  const { fetched, commit, version, signed } = source.value;
  build.record = { ...build.record, commit, version, signed };
  await ports.records.save(build.record);
  await ports.pin(commit);
  const subject: ComponentSubject = {
    kind: "component",
    release: request.builder.configuration.release,
    component: component.name,
    commit,
    version,
  };
  const reporter: Reporter = { environment: request.environment, trace: request.trace, job: request.job, subject };
  return buildAll(build, fetched, reporter);
}

function newRecord(request: BuildRequest, now: Date): BuildRecord {
  return {
    job: request.job,
    trace: request.trace,
    askedBy: request.askedBy,
    release: request.builder.configuration.release,
    builder: request.builder.directory,
    component: request.component.name,
    commit: null,
    version: null,
    signed: null,
    startedAt: now.toISOString(),
    endedAt: null,
    state: "running",
    reason: "",
    distributions: [],
  };
}

async function end(
  build: Build,
  kind: BuildOutcome["kind"],
  summary: string,
  reports: readonly Report[],
): Promise<BuildOutcome> {
  const endedAt = build.ports.now().toISOString();
  build.record = { ...build.record, state: kind, reason: kind === "done" ? "" : summary, endedAt };
  await build.ports.records.save(build.record);
  return { kind, summary, record: build.record, reports };
}

/** The commit that stands there and that this one grew from; null where none does. */
async function previous(
  source: FetchedSource,
  commit: CommitSha,
  standing: readonly StandingPackage[],
): Promise<CommitSha | null> {
  for (const candidate of standing) {
    if (candidate.commit !== null && candidate.commit !== commit && (await source.descends(commit, candidate.commit))) {
      return candidate.commit;
    }
  }
  return null;
}

async function buildAll(build: Build, source: FetchedSource, reporter: Reporter): Promise<BuildOutcome> {
  const { request, ports } = build;
  const { configuration } = request.builder;
  const { commit, version } = reporter.subject;
  const repository = configuration.repositoryPublish.components ?? "current-testing";
  const standing = await ports.shelf.standing(configuration.release, request.component.name);
  const task = (distribution: PlannedDistribution["distribution"], begin: BuildTask["begin"]): BuildTask => ({
    builder: request.builder,
    component: request.component,
    distribution,
    commit,
    version,
    source,
    repository,
    begin,
  });

  const withoutPackages = new Map<DistributionName, string>();
  for (const distribution of configuration.distributions) {
    const why = await ports.backend.withoutPackages(task(distribution, "start"));
    if (why !== null) withoutPackages.set(distribution.name, why);
  }
  const selection = request.distributions;
  const plan = planDistributions({
    commit,
    distributions: configuration.distributions,
    selection,
    standing,
    withoutPackages,
  });
  const before = new Map(build.record.distributions.map((record) => [record.distribution, record]));
  const records = new Map(plan.map((planned) => [planned.distribution.name, initial(planned, before)]));
  const save = async (record: DistributionRecord): Promise<void> => {
    records.set(record.distribution, record);
    build.record = { ...build.record, distributions: [...records.values()] };
    await ports.records.save(build.record);
  };

  const waiting = plan.filter(({ distribution }) => records.get(distribution.name)?.state === "waiting");
  if (waiting.length > 0) {
    const old = await previous(
      source,
      commit,
      standing.filter(({ repository: where }) => where === "current"),
    );
    const history = await source.history(old, commit);
    const distributions = configuration.distributions.map(({ name }) => name);
    const facts = { history, distributions, minAgeDays: configuration.minAgeDays };
    await ports.report([status(announced(reporter, ports.now(), facts))]);
  }
  const reports: Report[] = [];
  for (const { distribution, released } of waiting) {
    const told = (fact: DistributionFact): Report =>
      status(distributionEvent(reporter, ports.now(), distribution.name, fact));
    const attempts = (before.get(distribution.name)?.attempts ?? 0) + 1;
    // What is published already needs its upload only, however often the program died.
    if (attempts > 2 && !released) {
      const reason = "the program died twice while it was built";
      await save({ ...emptyRecord(distribution.name), state: "failed", reason, attempts: 2 });
      await ports.report([told({ type: "failed", stage: "build", reason, logTail: "", log: null })]);
      continue;
    }
    const there = standing.filter(
      (entry) => entry.repository === repository && entry.distribution === distribution.name,
    );
    const history: SourceHistory | null = await source.history(await previous(source, commit, there), commit);
    const parts = {
      task: task(distribution, released ? "published" : "start"),
      ports,
      reporter,
      attempts,
      published: before.get(distribution.name)?.packages ?? [],
      signal: request.signal,
      history,
    };
    const result = await buildDistribution({ ...parts, progress: save });
    if (request.signal.aborted) {
      // The record keeps `building`, so that a stopped program takes it up again; a cancelled job is told so at its end.
      const reason = "cancelled";
      reports.push(told({ type: "failed", stage: "build", reason, logTail: "", log: result.record.log }));
      return { kind: "failed", summary: `${distribution.name}: ${reason}`, record: build.record, reports };
    }
    await save(result.record);
    await ports.report(result.facts.map(told));
  }
  return summarize(build, [...records.values()]);
}

function emptyRecord(distribution: DistributionName): DistributionRecord {
  return {
    distribution,
    state: "waiting",
    reason: "",
    attempts: 0,
    stages: [],
    packages: [],
    repository: null,
    log: null,
  };
}

/** Where a distribution stands before anything is done: an earlier run of the same job may have ended it already. */
function initial(
  { distribution, skip }: PlannedDistribution,
  before: ReadonlyMap<DistributionName, DistributionRecord>,
): DistributionRecord {
  const earlier = before.get(distribution.name);
  if (earlier !== undefined && (earlier.state === "uploaded" || earlier.state === "failed")) return earlier;
  if (skip === null || earlier?.state === "building")
    return { ...(earlier ?? emptyRecord(distribution.name)), state: "waiting" };
  return { ...emptyRecord(distribution.name), state: "skipped", reason: skip };
}

async function summarize(build: Build, records: readonly DistributionRecord[]): Promise<BuildOutcome> {
  build.record = { ...build.record, distributions: records };
  const named = (state: DistributionRecord["state"]): string[] =>
    records.filter((record) => record.state === state).map(({ distribution }) => distribution);
  const [uploaded, failed] = [named("uploaded"), named("failed")];
  if (failed.length > 0) return end(build, "failed", `failed for ${failed.join(", ")}`, []);
  if (uploaded.length > 0) return end(build, "done", `built for ${uploaded.join(", ")}`, []);
  const reasons = records.map(({ distribution, reason }) => `${distribution}: ${reason}`);
  return end(build, "nothing", reasons.join("; ") || "the builder has no distributions", []);
}
