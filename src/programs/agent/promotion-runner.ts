import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Repositories } from "../../adapters/repository/index.ts";
import type { LogService } from "../../build/index.ts";
import {
  AdapterError,
  type ByHand,
  isGated,
  type LogPath,
  parseDistribution,
  type QubeName,
  type StatusEvent,
  type Subject,
} from "../../domain/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import type { Job, JobContext, JobOutcome, Ledger } from "../../work/index.ts";
import type { CommentPoller } from "./poller.ts";
import { type ApplyPorts, applyPromotion, logLabel } from "./promotion-apply.ts";
import { byBackEnd } from "./promotion-beside.ts";
import { decide, type Planned, type PromotionCommand, planPromotions } from "./promotion-plan.ts";
import type { PromotionReaders } from "./promotion-readers.ts";
import { type BegunPlanNotes, findApplied, stateFound } from "./promotion-taken-up.ts";
import type { AppliedPlans } from "./provenance.ts";
import type { HeardCommand } from "./rehearing.ts";

/** What promotions and withdrawals need. */
export interface PromotionParts extends PromotionReaders {
  readonly environment: QubeName;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly poller: CommentPoller;
  readonly logs: LogService;
  readonly repositories: (builder: LoadedBuilder) => Pick<Repositories, "plan" | "planWithdrawal" | "listed">;
  /** Notes of what was begun, for when a crash comes between. */
  readonly begun: BegunPlanNotes;
  /** Who carries the plans of this promotion out, and how. */
  readonly applier: (task: PromotionTask, subject: Subject) => ApplyPorts["apply"];
  /** Has stated for everybody what was applied. */
  readonly applied: (done: AppliedPlans) => Promise<"stated" | "unstated">;
  /** To the mirror, as {@link ApplyPorts.upload} has it. */
  readonly upload: (
    builder: LoadedBuilder,
    wanted: PromotionCommand,
    planned: Planned,
    event: StatusEvent,
  ) => Promise<void>;
}

const tryAgainMs = 60_000;

/** One promotion or withdrawal that has just been authorized. */
export interface PromotionTask {
  readonly job: Job;
  /** Milliseconds since the epoch: GitHub is to be asked for holds later than that. */
  readonly askedAt: number;
  readonly heard: HeardCommand;
  readonly wanted: PromotionCommand;
  /** An operator's urgent fix, for which alone the age rule is set aside; null for a signed command. */
  readonly byHand: ByHand | null;
}

/** Runs it: gate, plan, apply. */
export async function runPromotion(
  parts: PromotionParts,
  task: PromotionTask,
  context: JobContext,
): Promise<JobOutcome> {
  const { ledger, now } = parts;
  const { job, askedAt, wanted, byHand } = task;
  const { command, builder } = task.heard;
  const by = byBackEnd(task) ? "back-end" : "release-bot";
  const repositories = parts.repositories(builder);
  const found = await findApplied(parts.begun, job.id, (plan) => listedAt(repositories, plan));
  let foundIn: LogPath | null;
  let subject: Subject;
  let buggy = false;
  try {
    // First: what has been done is to be stated, whatever is decided of the rest.
    foundIn = await stateFound(parts, { job, by, label: logLabel(wanted) }, found);
    subject = await parts.subject(builder, wanted, context.signal);
    if (wanted.kind !== "withdraw-component" && isGated(wanted.repository)) {
      // Nobody may slip an Upload through while withholding the Hold.
      if (!(await parts.poller.polledSince(new Date(askedAt)))) {
        return postponed(now(), "GitHub could not be asked, since the command came, whether somebody holds it");
      }
      buggy = (await parts.labels(subject))?.includes("buggy") ?? false;
    }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return postponed(now(), error.message);
  }
  const minAgeDays = byHand === null ? builder.configuration.minAgeDays : 0;
  const question = { command, wanted, builder, buggy, minAgeDays, ledger: ledger.view, now: now() };
  const already = found.map(({ plan }) => plan);
  const decided = decide(await planPromotions(repositories, question), wanted, already);
  if (!decided.ok) return { kind: "refused", refusal: decided.error, reports: [] };
  const ports = {
    ...parts,
    apply: parts.applier(task, subject),
    upload: (planned: Planned, event: StatusEvent) => parts.upload(builder, wanted, planned, event),
    history: (planned: Planned) => parts.history(builder, wanted, planned, context.signal),
    begin: (plan: DistributionPlan) => parts.begun.begin(job.id, plan),
    applied: async (plans: readonly DistributionPlan[], log: LogPath | null) => {
      const stated = await parts.applied({ job, plans, log, by, attempt: "this" });
      if (stated === "stated") await parts.begun.stated(job.id, plans);
    },
  };
  return applyPromotion(ports, { ...decided.value, job, wanted, subject, foundIn, byHand });
}

function listedAt(repositories: Pick<Repositories, "listed">, { release, to, subject, dist }: DistributionPlan) {
  const distribution = subject.kind === "template" ? null : parseDistribution(dist);
  return repositories.listed(release, to, distribution);
}

function postponed(now: Date, reason: string): JobOutcome {
  return { kind: "postponed", untilMs: now.getTime() + tryAgainMs, reason };
}
