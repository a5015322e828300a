import { differences } from "../../adapters/builder/index.ts";
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Repositories } from "../../adapters/repository/index.ts";
import type { JobLog, LogService } from "../../build/index.ts";
import {
  AdapterError,
  type ByHand,
  isGated,
  type LogPath,
  type QubeName,
  type SourceHistory,
  type StatusEvent,
  type Subject,
} from "../../domain/index.ts";
import type { DistributionPlan, Signer } from "../../promotion/index.ts";
import type { Job, JobContext, JobOutcome, Ledger } from "../../work/index.ts";
import type { CommentPoller } from "./poller.ts";
import { type ApplyPorts, applyPromotion } from "./promotion-apply.ts";
import { decide, type Planned, type PromotionCommand, planPromotions } from "./promotion-plan.ts";
import type { AppliedPlans } from "./provenance.ts";
import type { HeardCommand } from "./rehearing.ts";

/** What promotions and withdrawals need. */
export interface PromotionParts {
  readonly environment: QubeName;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly poller: CommentPoller;
  readonly logs: LogService;
  readonly repositories: (builder: LoadedBuilder) => Repositories;
  readonly signer: (log: JobLog) => Signer;
  /** The back-end's own publish. Throws AdapterError. */
  readonly publishByBackend: (builder: LoadedBuilder, plan: DistributionPlan, log: JobLog) => Promise<void>;
  /** Has stated for everybody what was applied. */
  readonly applied: (done: AppliedPlans) => Promise<void>;
  /** The status issue's labels, null where there is none. Throws AdapterError where GitHub cannot be asked. */
  readonly labels: (subject: Subject) => Promise<readonly string[] | null>;
  /** What the status issue is about. Throws AdapterError where the sources cannot be asked. */
  readonly subject: (builder: LoadedBuilder, wanted: PromotionCommand, signal: AbortSignal) => Promise<Subject>;
  /** To the mirror, as {@link ApplyPorts.upload} has it. */
  readonly upload: (
    builder: LoadedBuilder,
    wanted: PromotionCommand,
    planned: Planned,
    event: StatusEvent,
  ) => Promise<void>;
  /** The commits that the target did not have before; null where they are not known. */
  readonly history: (
    builder: LoadedBuilder,
    wanted: PromotionCommand,
    planned: Planned,
    signal: AbortSignal,
  ) => Promise<SourceHistory | null>;
}

const tryAgainMs = 60_000;

/** One promotion or withdrawal that has just been authorized. */
interface PromotionTask {
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
  let subject: Subject;
  let buggy = false;
  try {
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
  const repositories = parts.repositories(builder);
  const minAgeDays = byHand === null ? builder.configuration.minAgeDays : 0;
  const question = { command, wanted, builder, buggy, minAgeDays, ledger: ledger.view, now: now() };
  const decided = decide(await planPromotions(repositories, question), wanted, job.attempts);
  if (!decided.ok) return { kind: "refused", refusal: decided.error, reports: [] };
  const ports = {
    ...parts,
    apply: applier(parts, task, async () => {
      const again = await planPromotions(repositories, question);
      return again.map(({ plan }) => plan);
    }),
    upload: (planned: Planned, event: StatusEvent) => parts.upload(builder, wanted, planned, event),
    history: (planned: Planned) => parts.history(builder, wanted, planned, context.signal),
    applied: (plans: readonly DistributionPlan[], log: LogPath | null) =>
      parts.applied({ job, plans, log, by: byBackEnd(task) ? "back-end" : "release-bot" }),
  };
  return applyPromotion(ports, { ...decided.value, job, wanted, subject, byHand });
}

/** Only our own engine can withdraw, or set the age rule and nothing else aside; it keeps the back-end's records. */
function byBackEnd({ heard, wanted, byHand }: PromotionTask): boolean {
  const { promotion } = heard.builder.configuration;
  return promotion === "backend" && wanted.kind !== "withdraw-component" && byHand === null;
}

/** Who applies: with `promotion: backend` the back-end, and what it did otherwise than planned is listed in the log. */
function applier(
  parts: PromotionParts,
  task: PromotionTask,
  planAgain: () => Promise<readonly DistributionPlan[]>,
): ApplyPorts["apply"] {
  const { builder } = task.heard;
  if (!byBackEnd(task)) {
    return (plan, log) => parts.repositories(builder).apply(plan, parts.signer(log));
  }
  return async (plan, log) => {
    await parts.publishByBackend(builder, plan, log);
    const again = (await planAgain()).find(({ dist }) => dist === plan.dist);
    const found = again === undefined ? [] : differences(plan, again);
    for (const difference of found) log.note(`difference: ${difference}`);
    // Still to be moved: it was not published, whatever the back-end's exit status says.
    if (again !== undefined && again.refused === undefined) {
      throw new AdapterError("UNEXPECTED_ANSWER", found.join("; "));
    }
    return { dist: plan.dist, repository: plan.to, moves: plan.moves };
  };
}

function postponed(now: Date, reason: string): JobOutcome {
  return { kind: "postponed", untilMs: now.getTime() + tryAgainMs, reason };
}
