import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Repositories } from "../../adapters/repository/index.ts";
import type { LogService } from "../../build/index.ts";
import {
  AdapterError,
  type ByHand,
  isGated,
  type LogPath,
  no,
  type QubeName,
  type Refusal,
  type StatusEvent,
  type Subject,
} from "../../domain/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import type { Job, JobContext, JobOutcome, Ledger } from "../../work/index.ts";
import type { CommentPoller } from "./poller.ts";
import { type ApplyPorts, applyPromotion } from "./promotion-apply.ts";
import { decide, type Planned, type PromotionCommand, planPromotions } from "./promotion-plan.ts";
import type { PromotionReaders } from "./promotion-readers.ts";
import type { BegunPlanNotes, TakenUp } from "./promotion-taken-up.ts";
import type { AppliedPlans } from "./provenance.ts";
import type { HeardCommand } from "./rehearing.ts";
import { whoApplies } from "./wanted-promotion.ts";

/** What promotions and withdrawals need. */
export interface PromotionParts extends PromotionReaders {
  readonly environment: QubeName;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly poller: CommentPoller;
  readonly logs: LogService;
  readonly repositories: (builder: LoadedBuilder) => Pick<Repositories, "plan" | "planWithdrawal">;
  /** Notes of what was begun, for when a crash comes between. */
  readonly begun: Pick<BegunPlanNotes, "begin" | "stated">;
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
/** How long a promotion waits for sources that do not say what it is about: somebody waits for an answer. */
const mostWaitMs = 86_400_000;

/** One promotion or withdrawal that has just been authorized. */
export interface PromotionTask {
  readonly job: Job;
  /** Milliseconds since the epoch: GitHub is to be asked for holds later than that. */
  readonly askedAt: number;
  readonly heard: HeardCommand;
  readonly wanted: PromotionCommand;
  /** An operator's urgent fix, for which alone the age rule is set aside; null for a signed command. */
  readonly byHand: ByHand | null;
  /** What earlier attempts of the job have applied. */
  readonly takenUp: TakenUp;
}

/** Runs it: gate, plan, apply. */
export async function runPromotion(
  parts: PromotionParts,
  task: PromotionTask,
  context: JobContext,
): Promise<JobOutcome> {
  const { ledger, now } = parts;
  const { askedAt, wanted, byHand, takenUp } = task;
  const { command, builder } = task.heard;
  const minAgeDays = byHand === null ? builder.configuration.minAgeDays : 0;
  const decideBy = async (buggy: boolean) => {
    const question = { command, wanted, builder, buggy, minAgeDays, ledger: ledger.view, now: now() };
    const decided = decide(await planPromotions(parts.repositories(builder), question), wanted, takenUp.plans);
    return decided.ok ? decided : no(inVersionOne(builder, decided.error));
  };
  let subject: Subject;
  let buggy = false;
  try {
    subject = await parts.subject(builder, wanted, context.signal);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    // What the records refuse needs no sources; what would be carried out waits for them, and not for ever.
    const decided = await decideBy(false);
    if (!decided.ok) return { kind: "refused", refusal: decided.error, reports: [] };
    if (now().getTime() - askedAt < mostWaitMs) return postponed(now(), error.message);
    const reason = `for 24 hours the sources did not say which version this is (${error.message}); once they do, sign it again`;
    return { kind: "failed", reason, reports: [] };
  }
  try {
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
  const decided = await decideBy(buggy);
  if (!decided.ok) return { kind: "refused", refusal: decided.error, reports: [] };
  const ports = { ...applyPorts(parts, { ...task, builder }, context), apply: parts.applier(task, subject) };
  return applyPromotion(ports, { ...decided.value, ...task, subject, foundIn: takenUp.log });
}

/** What applying reaches, for one job; but for who applies. */
export function applyPorts(
  parts: PromotionParts,
  { job, builder, wanted }: Pick<PromotionTask, "job" | "wanted"> & { readonly builder: LoadedBuilder },
  context: JobContext,
): Omit<ApplyPorts, "apply"> {
  const by = whoApplies(builder, job);
  return {
    ...parts,
    upload: (planned: Planned, event: StatusEvent) => parts.upload(builder, wanted, planned, event),
    history: (planned: Planned) => parts.history(builder, wanted, planned, context.signal),
    begin: (plan: DistributionPlan) => parts.begun.begin(job.id, plan),
    applied: async (plans: readonly DistributionPlan[], log: LogPath | null) => {
      const stated = await parts.applied({ job, plans, log, by, attempt: "this" });
      if (stated === "stated") await parts.begun.stated(job.id, plans);
    },
  };
}

/** builder v1 records nothing of what it published: building it anew, as the refusal proposes, would not help. */
function inVersionOne({ configuration }: LoadedBuilder, refused: Refusal): Refusal {
  if (configuration.backend !== "qubes-builder" || refused.code !== "NOT_IN_TESTING") return refused;
  const message = "its builder (v1) keeps no records of what it published";
  return { ...refused, message, remedy: "Ask the operator to promote it by hand." };
}

/** To be tried again in a minute. */
export function postponed(now: Date, reason: string): JobOutcome {
  return { kind: "postponed", untilMs: now.getTime() + tryAgainMs, reason };
}
