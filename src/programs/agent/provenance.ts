/**
 * States what jobs did: listens to what builds record and to what promotions and withdrawals applied, and puts a statement
 * of each into the outbox as soon as its log has been received. A deed whose log was not received cannot be stated; that
 * fails no job: what is published is published, and `release-bot audit` then names what is missing.
 */
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { BuildRecord, BuildRecords, ImageRecord, ImageRecords, LogService } from "../../build/index.ts";
import { AdapterError, type Fingerprint, type LogPath, parseDistribution, type QubeName } from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import type { Asked, LogFact } from "../../formats/in-toto/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import type { Deed } from "../../trail/index.ts";
import type { Job, JobRunner, Ledger, NewOutboxEntry } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { type BuildersSource, lineOf } from "./builders.ts";
import { deedOfPlan } from "./deed-of-plan.ts";
import { statementEntry } from "./statement-entries.ts";

/** What stating needs. */
export interface ProvenanceParts {
  readonly environment: QubeName;
  readonly logs: LogService;
  readonly records: BuildRecords;
  readonly images: ImageRecords;
  readonly ledger: Ledger;
  readonly outbox: { add(entries: readonly NewOutboxEntry[], now: Date): Promise<void> };
  readonly builders: BuildersSource;
  readonly now: () => Date;
  readonly log: Logger;
}

/** Plans of one job that have been applied, all within one log. */
export interface AppliedPlans {
  readonly job: Job;
  readonly plans: readonly DistributionPlan[];
  readonly log: LogPath | null;
  readonly by: "release-bot" | "back-end";
  /** `earlier`: an attempt that died applied them, in a log of its own; this one's only says that they were found applied. */
  readonly attempt: "this" | "earlier";
}

/** The same logs, records and runner, listened to. */
export interface Provenance {
  readonly logs: LogService;
  readonly records: BuildRecords;
  readonly images: ImageRecords;
  readonly runner: (inner: JobRunner) => JobRunner;
  /** Answers whether all of it will be stated. Never throws for a fault of the world. */
  readonly applied: (done: AppliedPlans) => Promise<"stated" | "unstated">;
}

/** Receipts that nobody asked for by then are of failed work. */
const mostReceipts = 1000;

/** Starts listening. */
export function keepProvenance(parts: ProvenanceParts): Provenance {
  const receipts = new Map<LogPath, LogFact>();
  const running = new Map<string, Job>();
  const { records, images } = parts;

  /** What was received of a log; null, and said, where that is not known. */
  const receiptOf = (path: LogPath | null, job: Job): LogFact | null => {
    const receipt = path === null ? undefined : receipts.get(path);
    if (receipt !== undefined) return receipt;
    parts.log.error(
      { alarm: "provenance", job: job.id, trace: job.trace, path },
      "cannot be stated: its log was not received",
    );
    return null;
  };
  const logs: LogService = {
    async open(label, trace) {
      const log = await parts.logs.open(label, trace);
      const close = log.close.bind(log);
      log.close = async (outcome) => {
        const path = await close(outcome);
        // A log service's logs say after their end what exactly was received.
        const receipt = "receipt" in log ? (log.receipt as Omit<LogFact, "path"> | null) : null;
        if (path !== null && receipt !== null) receipts.set(path, { path, ...receipt });
        const [oldest] = receipts.keys();
        if (receipts.size > mostReceipts && oldest !== undefined) receipts.delete(oldest);
        return path;
      };
      return log;
    },
  };
  const add = async (job: Job, entries: readonly NewOutboxEntry[]): Promise<"stated" | "unstated"> => {
    try {
      await parts.outbox.add(entries, parts.now());
      return "stated";
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      parts.log.error(
        { alarm: "provenance", job: job.id, trace: job.trace, err: error },
        "what was done could not be stated",
      );
      return "unstated";
    }
  };
  const stateBuilds = async (record: BuildRecord): Promise<void> => {
    const job = running.get(record.job);
    if (job === undefined) return;
    const entries: NewOutboxEntry[] = [];
    for (const distribution of record.distributions) {
      // Each save has all that ended before, of an earlier run of the job, too.
      if (distribution.state !== "uploaded" || distribution.log === null || !receipts.has(distribution.log)) continue;
      const log = receiptOf(distribution.log, job);
      if (log !== null) entries.push(...(await stateBuild(parts, job, { record, distribution, log })));
    }
    if (entries.length > 0) await add(job, entries);
  };
  return {
    logs,
    records: {
      load: (job) => records.load(job),
      lastBuilt: (release, component) => records.lastBuilt(release, component),
      async save(record) {
        // Before the record: what it says is done is not done again, not even to be stated.
        await stateBuilds(record);
        await records.save(record);
      },
    },
    images: {
      load: (job) => images.load(job),
      lastTimestamp: (release, name, job) => images.lastTimestamp(release, name, job),
      async save(record) {
        const job = running.get(record.job);
        const log = job === undefined || record.state !== "done" ? null : receiptOf(record.log, job);
        if (job !== undefined && log !== null) await add(job, await stateImage(parts, job, { record, log }));
        await images.save(record);
      },
    },
    runner: (inner) => ({
      async run(job, context) {
        running.set(String(job.id), job);
        try {
          return await inner.run(job, context);
        } finally {
          running.delete(String(job.id));
        }
      },
    }),
    async applied({ job, plans, log: path, by, attempt }) {
      if (plans.length === 0) return "stated";
      const received = receiptOf(path, job);
      if (received === null) return "unstated";
      const log = attempt === "this" ? received : takenUp(received);
      const asked = await askedOf(parts, job);
      const deeds = plans.flatMap((plan) => {
        const deed = deedOfPlan(plan, { environment: parts.environment, job: String(job.id), at: parts.now(), by });
        return deed === null ? [] : [statementEntry(plan.signKey, { ...deed, asked, log }, job.id, plan.digest)];
      });
      return add(job, deeds);
    },
  };
}

/** As the log of a job that found its work done. */
function takenUp(log: LogFact): LogFact {
  return { ...log, takenUp: true };
}

/** By whose word a job runs. */
async function askedOf({ ledger, environment }: ProvenanceParts, { request }: Job): Promise<Asked> {
  switch (request.kind) {
    case "push":
      return { by: "push" };
    case "operator": {
      const { work } = request;
      if (work.kind === "promotion") return { by: "operator", who: work.byHand.operator, why: work.byHand.reason };
      return { by: "operator", who: `the operator of ${environment}`, why: "release-bot build" };
    }
    case "command": {
      const kept = request.message === null ? null : await ledger.block(request.message.key);
      if (kept !== null) return { by: "comment", comment: kept.block, line: request.line };
      return { by: "operator", who: `the operator of ${environment}`, why: request.line };
    }
  }
}

async function builderOf(parts: ProvenanceParts, job: Job): Promise<LoadedBuilder | undefined> {
  const { loaded } = await parts.builders();
  return loaded.find((candidate) => lineOf(candidate) === job.request.builder);
}

/** Without a key there is nobody to state it; without packages of its own key, nothing was signed either. */
function unstated(parts: ProvenanceParts, job: Job, why: string): [] {
  parts.log.error({ alarm: "provenance", job: job.id, trace: job.trace }, `cannot be stated: ${why}`);
  return [];
}

interface Built {
  readonly record: BuildRecord;
  readonly distribution: BuildRecord["distributions"][number];
  readonly log: LogFact;
}

async function stateBuild(
  parts: ProvenanceParts,
  job: Job,
  { record, distribution, log }: Built,
): Promise<NewOutboxEntry[]> {
  const configuration = (await builderOf(parts, job))?.configuration;
  const known = parseDistribution(distribution.distribution);
  const url = configuration?.components.find(({ name }) => name === record.component)?.url;
  const key = configuration === undefined || known === null ? null : signKeyFor(configuration, known.name, known.type);
  if (record.commit === null || key === null || url === undefined) {
    return unstated(parts, job, `no key or source of ${record.component} is configured any more`);
  }
  const { stages, packages, repository, attempts } = distribution;
  // What a run that died had published is not published again.
  const found = attempts > 1 && !stages.some(({ stage }) => stage === "publish");
  const deed: Deed = {
    kind: "build",
    about: { kind: "component", release: record.release, component: record.component, commit: record.commit },
    distribution: distribution.distribution,
    environment: parts.environment,
    repository: repository ?? "current-testing",
    files: packages.map(({ file, sha256 }) => ({ name: file, sha256 })),
    job: record.job,
    asked: record.askedBy.kind === "scan" ? { by: "scan" } : await askedOf(parts, job),
    source: { url, tag: record.signed?.tag ?? null, signers: record.signed?.signers ?? [] },
    startedAt: new Date(stages[0]?.startedAt ?? record.startedAt),
    at: new Date(stages.at(-1)?.endedAt ?? parts.now()),
    log: found ? takenUp(log) : log,
  };
  return [statementEntry(key, deed, record.job)];
}

async function stateImage(
  parts: ProvenanceParts,
  job: Job,
  { record, log }: { readonly record: ImageRecord; readonly log: LogFact },
): Promise<NewOutboxEntry[]> {
  const configuration = (await builderOf(parts, job))?.configuration;
  const { subject } = record;
  // Templates are packed as rpm, whatever is in them.
  const type = subject.kind === "template" ? "rpm" : "iso";
  const key: Fingerprint | null = configuration === undefined ? null : signKeyFor(configuration, type, type);
  if (key === null) return unstated(parts, job, `sign-key names no key for ${type}`);
  const deed: Deed = {
    kind: "build",
    about: subject,
    distribution: null,
    environment: parts.environment,
    repository: record.repository,
    files: record.packages.map(({ file, sha256 }) => ({ name: file, sha256 })),
    job: record.job,
    asked: await askedOf(parts, job),
    source: null,
    startedAt: new Date(record.startedAt),
    at: new Date(record.endedAt ?? parts.now()),
    log,
  };
  return [statementEntry(key, deed, record.job)];
}
