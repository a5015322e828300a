import type { Applied } from "../../adapters/repository/index.ts";
import type { JobLog, LogService } from "../../build/index.ts";
import {
  AdapterError,
  type ByHand,
  type LogPath,
  type QubeName,
  type Report,
  type SourceHistory,
  type StatusEvent,
  type Subject,
} from "../../domain/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import { eventId, type Job, type JobOutcome, jobWords } from "../../work/index.ts";
import type { Decided, Planned, PromotionCommand } from "./promotion-plan.ts";

/** What applying needs of the world. */
export interface ApplyPorts {
  readonly environment: QubeName;
  readonly now: () => Date;
  readonly logs: LogService;
  /** By our own engine, or by the back-end where the configuration says so. Throws AdapterError. */
  readonly apply: (plan: DistributionPlan, log: JobLog) => Promise<Applied>;
  /** To the mirror. Throws AdapterError where it is not there now; it is tried again, and the event told then. */
  readonly upload: (planned: Planned, event: StatusEvent) => Promise<void>;
  /** The commits that the target did not have before, for the issues that they fix; null where they are not known. */
  readonly history: (planned: Planned) => Promise<SourceHistory | null>;
  /** Notes what is to be applied. Durable when it resolves; throws AdapterError. */
  readonly begin: (plan: DistributionPlan) => Promise<void>;
  /** Has stated for everybody what was applied within that log. */
  readonly applied: (plans: readonly DistributionPlan[], log: LogPath | null) => Promise<void>;
}

/** A decided promotion. */
export interface Application extends Decided {
  readonly job: Job;
  readonly wanted: PromotionCommand;
  readonly subject: Subject;
  /** Of what was found applied already: the log that says so; null where there is none. */
  readonly foundIn: LogPath | null;
  /** Null for a signed command. */
  readonly byHand: ByHand | null;
}

type Done = Planned & { readonly history: SourceHistory | null };
type Failed = Planned & { readonly reason: string };

const past = {
  "upload-component": "uploaded to",
  "upload-template": "uploaded to",
  "withdraw-component": "withdrawn from",
} as const;

/** Applies plan after plan within one log, since what is signed must be announced there; one that fails does not stop the next. */
export async function applyPromotion(ports: ApplyPorts, application: Application): Promise<JobOutcome> {
  const { wanted, already, left } = application;
  const done: Done[] = already.map((planned) => ({ ...planned, history: null }));
  const failed: Failed[] = [];
  const late: Failed[] = [];
  const path = await applyAll(ports, application, done, failed);
  const appliedNow = done.slice(already.length).map(({ plan }) => plan);
  await ports.applied(appliedNow, path);
  const reports: Report[] = [];
  for (const [index, planned] of done.entries()) {
    const event = moved(ports, application, planned, index < already.length ? application.foundIn : path);
    const reason = await uploadFault(ports, planned, event);
    if (reason === null) reports.push({ kind: "status", event });
    else late.push({ ...planned, reason });
  }
  for (const planned of [...late, ...failed]) reports.push(notMoved(ports, application, planned, path));
  const good = `${past[wanted.kind]} ${wanted.repository}: ${done.map(withPlan).join(", ")}`;
  if (failed.length === 0) {
    const notes = [
      ...left.map((planned) => `not ${nameOf(planned)}: ${planned.plan.refused?.code ?? ""}`),
      ...late.map((planned) => `${nameOf(planned)} is ${planned.reason}`),
    ];
    return { kind: "done", summary: notes.length === 0 ? good : `${good} (${notes.join("; ")})`, reports };
  }
  const why = failed.map((planned) => `${nameOf(planned)}: ${planned.reason}`).join("; ");
  return { kind: "failed", reason: done.length > 0 ? `${why}; ${good}` : why, reports };
}

/** What is published and not uploaded is done, and shown as what it is until the mirror has it. */
async function uploadFault(ports: ApplyPorts, planned: Planned, event: StatusEvent): Promise<string | null> {
  try {
    await ports.upload(planned, event);
    return null;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return `published, and not yet uploaded, which is tried again by itself: ${error.message}`;
  }
}

async function applyAll(
  ports: ApplyPorts,
  application: Application,
  done: Done[],
  failed: Failed[],
): Promise<LogPath | null> {
  const { job, wanted, apply, byHand } = application;
  const [first] = apply;
  if (first === undefined) return null;
  // Read before anything moves: afterwards the former version is no longer the one that stands there.
  const histories = await Promise.all(apply.map((planned) => ports.history(planned)));
  const name = subjectName(wanted);
  const log = await ports.logs.open(logLabelOf(first.plan), job.trace);
  try {
    if (byHand !== null) {
      log.note(`ordered by hand by ${byHand.operator}; the age rule is set aside, because: ${byHand.reason}`);
    }
    for (const [index, planned] of apply.entries()) {
      const asked = job.trace === null ? "by hand" : `${byHand === null ? "command" : "by hand"} ${job.trace}`;
      log.note(
        `${wanted.kind} ${name} to ${wanted.repository}, ${nameOf(planned)}, plan ${planned.plan.digest}, ${asked}`,
      );
      try {
        await ports.begin(planned.plan);
        const applied: Applied = await ports.apply(planned.plan, log);
        for (const { file, sha256 } of applied.moves) log.note(`${sha256} ${file}`);
        done.push({ ...planned, history: histories[index] ?? null });
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        log.note(`failed: ${error.message}`);
        failed.push({ ...planned, reason: error.message });
      }
    }
  } catch (bug) {
    await log.close("failed");
    throw bug;
  }
  return log.close(failed.length === 0 ? "done" : "failed");
}

function subjectName(wanted: PromotionCommand): string {
  return wanted.kind === "upload-template" ? wanted.template : wanted.component;
}

/** The label of the logs in which a plan is carried out. */
export function logLabelOf({ action, subject }: DistributionPlan): string {
  return `${action}-${subject.kind === "template" ? subject.template : subject.component}`;
}

function nameOf({ plan }: Planned): string {
  return plan.dist;
}

/** The answer names the plan as a rehearsal and the log do; one that was carried out by an earlier try is theirs to name. */
function withPlan({ plan }: Planned): string {
  return plan.refused === undefined ? `${plan.dist} (plan ${plan.digest.slice(0, 12)})` : plan.dist;
}

function base(
  { environment, now }: ApplyPorts,
  { job, wanted, subject }: Application,
  { plan }: Planned,
  letter: string,
) {
  const id = eventId(letter, environment, ...jobWords(job), wanted.kind, plan.dist);
  return { id, trace: job.trace, subject, environment, at: now(), repository: wanted.repository };
}

function moved(ports: ApplyPorts, application: Application, planned: Done, log: LogPath | null): StatusEvent {
  const facts = base(ports, application, planned, "u");
  const { distribution, plan, history } = planned;
  if (application.wanted.kind === "withdraw-component" && distribution !== null) {
    return { ...facts, type: "withdrawn", distribution: distribution.name, plan: plan.digest };
  }
  const { byHand } = application;
  return {
    ...facts,
    type: "uploaded",
    distribution: distribution?.name ?? null,
    plan: plan.digest,
    log,
    history,
    ...(byHand === null ? {} : { byHand }),
  };
}

function notMoved(ports: ApplyPorts, application: Application, planned: Failed, log: LogPath | null): Report {
  const facts = base(ports, application, planned, "f");
  const name = planned.distribution?.name ?? null;
  return {
    kind: "status",
    event: { ...facts, type: "upload-failed", distribution: name, reason: planned.reason, log },
  };
}
