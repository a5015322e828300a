/**
 * States what jobs did: listens to what builds record and to what promotions apply, and when a job has ended, with its log
 * received, signs a statement of each through the key gate and keeps it in the logs repository. A statement that cannot be
 * made fails no job: what is published is published, and `release-bot audit` then names what is missing.
 */
import type { BuildRecord, BuildRecords, JobLog } from "../../build/index.ts";
import { AdapterError, type Fingerprint, type LogPath, parseDistribution, type QubeName } from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import type { LogFact, Statement } from "../../formats/in-toto/index.ts";
import type { DistributionPlan, Signer } from "../../promotion/index.ts";
import { buildStatement, promotionStatement, recordProvenance } from "../../trail/index.ts";
import type { Job, JobRunner, Ledger } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { type BuildersSource, lineOf } from "./builders.ts";
import type { World } from "./world.ts";

/** What stating needs. */
export interface ProvenanceParts {
  readonly environment: QubeName;
  readonly world: World;
  readonly records: BuildRecords;
  readonly ledger: Ledger;
  readonly builders: BuildersSource;
  readonly now: () => Date;
  readonly log: Logger;
}

/** The same world, records and runner, listened to. */
export interface Provenance {
  readonly world: World;
  readonly records: BuildRecords;
  readonly runner: (inner: JobRunner) => JobRunner;
}

interface Built {
  readonly record: BuildRecord;
  readonly distribution: BuildRecord["distributions"][number];
}
interface Promoted {
  readonly plan: DistributionPlan;
  readonly log: JobLog;
}
type Keyed = readonly [key: Fingerprint, statement: Statement];

/** A log that says what was received of it, as the log service's do. */
function receiptOf(log: JobLog): Omit<LogFact, "path"> | null {
  return "receipt" in log ? (log.receipt as Omit<LogFact, "path"> | null) : null;
}

/** Starts listening. */
export function keepProvenance(parts: ProvenanceParts): Provenance {
  const facts = new WeakMap<JobLog, LogFact>();
  const byPath = new Map<LogPath, LogFact>();
  const logOf = new WeakMap<Signer, JobLog>();
  const built = new Map<string, Built[]>();
  const promoted = new Map<string, Promoted[]>();
  const { world } = parts;

  const logs: World["logs"] = {
    async open(label) {
      const log = await world.logs.open(label);
      const close = log.close.bind(log);
      log.close = async (outcome) => {
        const path = await close(outcome);
        const receipt = receiptOf(log);
        if (path !== null && receipt !== null) {
          facts.set(log, { path, ...receipt });
          byPath.set(path, { path, ...receipt });
        }
        return path;
      };
      return log;
    },
  };
  const signer: World["signer"] = (log) => {
    const made = world.signer(log);
    logOf.set(made, log);
    return made;
  };
  const repositories: World["repositories"] = (builder) => {
    const inner = world.repositories(builder);
    const { directory } = builder;
    const apply: typeof inner.apply = async (plan, by) => {
      const applied = await inner.apply(plan, by);
      const log = logOf.get(by);
      if (log !== undefined) promoted.set(directory, [...(promoted.get(directory) ?? []), { plan, log }]);
      return applied;
    };
    return new Proxy(inner, {
      get(target, name) {
        if (name === "apply") return apply;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  const records: BuildRecords = {
    load: (job) => parts.records.load(job),
    lastBuilt: (release, component) => parts.records.lastBuilt(release, component),
    async save(record) {
      await parts.records.save(record);
      // Each save has all that ended before: the last one of a job says everything.
      const ended = record.distributions.filter(({ state, log }) => state === "uploaded" && log !== null);
      built.set(
        record.job,
        ended.map((distribution) => ({ record, distribution })),
      );
    },
  };

  const stateJob = async (job: Job): Promise<void> => {
    const [builds, promotions] = [built.get(String(job.id)) ?? [], promoted.get(job.queue) ?? []];
    built.delete(String(job.id));
    promoted.delete(job.queue);
    const keyed: Keyed[] = [];
    for (const one of builds) {
      const fact = one.distribution.log === null ? undefined : byPath.get(one.distribution.log);
      const stated = fact === undefined ? null : await stateBuild(parts, job, one, fact);
      if (stated !== null) keyed.push(stated);
    }
    for (const { plan, log } of promotions) {
      const fact = facts.get(log);
      const stated = fact === undefined ? null : await statePromotion(parts, job, plan, fact);
      if (stated !== null) keyed.push(stated);
    }
    byPath.clear();
    for (const key of new Set(keyed.map(([one]) => one))) {
      const statements = keyed.filter(([one]) => one === key).map(([, statement]) => statement);
      const path = await recordProvenance({ logs: world.logs, signer: world.signer, key }, statements);
      parts.log.info({ job: job.id, path, statements: statements.length }, "stated");
    }
  };
  const runner = (inner: JobRunner): JobRunner => ({
    async run(job, context) {
      const outcome = await inner.run(job, context);
      try {
        await stateJob(job);
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        parts.log.error({ alarm: "provenance", job: job.id, err: error }, "what was done could not be stated");
      }
      return outcome;
    },
  });
  return { world: { ...world, logs, signer, repositories }, records, runner };
}

async function builderOf(parts: ProvenanceParts, job: Job) {
  const { loaded } = await parts.builders();
  return loaded.find((candidate) => lineOf(candidate) === job.request.builder);
}

async function stateBuild(
  parts: ProvenanceParts,
  job: Job,
  { record, distribution }: Built,
  log: LogFact,
): Promise<Keyed | null> {
  const configuration = (await builderOf(parts, job))?.configuration;
  const known = parseDistribution(distribution.distribution);
  if (configuration === undefined || known === null || record.commit === null) return null;
  const key = signKeyFor(configuration, known.name, known.type);
  const url = configuration.components.find(({ name }) => name === record.component)?.url;
  if (key === null || url === undefined) return null;
  const { stages } = distribution;
  const statement = buildStatement({
    release: record.release,
    component: record.component,
    distribution: distribution.distribution,
    commit: record.commit,
    packages: distribution.packages.map(({ file, sha256 }) => ({ name: file, sha256 })),
    environment: parts.environment,
    job: String(job.id),
    log,
    url,
    tag: record.signed?.tag ?? null,
    signers: record.signed?.signers ?? [],
    startedAt: new Date(stages[0]?.startedAt ?? record.startedAt),
    finishedAt: new Date(stages.at(-1)?.endedAt ?? parts.now()),
  });
  return [key, statement];
}

/** Null for what is no signed promotion of a component: a withdrawal, a template, an operator's own. */
async function statePromotion(
  parts: ProvenanceParts,
  job: Job,
  plan: DistributionPlan,
  log: LogFact,
): Promise<Keyed | null> {
  const { request } = job;
  const distribution = parseDistribution(plan.dist)?.name ?? null;
  if (plan.action !== "promote" || plan.subject.kind !== "component" || distribution === null) return null;
  if (request.kind !== "command" || request.message === null) return null;
  const kept = await parts.ledger.block(request.message.key);
  if (kept === null) return null;
  const statement = promotionStatement({
    release: plan.release,
    component: plan.subject.component,
    distribution,
    commit: plan.subject.commit,
    packages: plan.moves.map(({ file, sha256 }) => ({ name: file, sha256 })),
    environment: parts.environment,
    job: String(job.id),
    log,
    repository: plan.to,
    at: parts.now(),
    comment: kept.block,
    line: request.line,
    plan: plan.digest,
  });
  return [plan.signKey, statement];
}
