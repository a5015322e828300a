import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Applied, PlanTarget, Repositories } from "../../adapters/repository/index.ts";
import type { AuthorizedCommand } from "../../authority/index.ts";
import type { JobLog, LogService } from "../../build/index.ts";
import {
  AdapterError,
  type ComponentSubject,
  type Distribution,
  type DistributionName,
  isGated,
  type LogPath,
  type QubeName,
  type Refusal,
  type Report,
  type RepositoryName,
  refusal,
  type SourceHistory,
  type UploadComponent,
  type WithdrawComponent,
} from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import type { DistributionPlan, Signer } from "../../promotion/index.ts";
import {
  type CommandRequest,
  eventId,
  type Job,
  type JobContext,
  type JobOutcome,
  type Ledger,
} from "../../work/index.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { CommentPoller } from "./poller.ts";
import { rehear } from "./rehearing.ts";
import type { VerificationParts } from "./verification.ts";

/** What carrying out Upload-component and Withdraw-component needs. */
export interface PromotionParts {
  readonly environment: QubeName;
  readonly verification: VerificationParts;
  readonly ledger: Ledger;
  readonly clock: ClockWatch;
  readonly now: () => Date;
  readonly poller: CommentPoller;
  readonly logs: LogService;
  readonly repositories: (builder: LoadedBuilder) => Repositories;
  readonly signer: (log: JobLog) => Signer;
  /** The status issue's labels, null where there is none. Throws AdapterError where GitHub cannot be asked. */
  readonly labels: (subject: ComponentSubject) => Promise<readonly string[] | null>;
  /** What the commit is called on GitHub. Throws AdapterError where the sources cannot be asked. */
  readonly subject: (
    builder: LoadedBuilder,
    command: ComponentCommand,
    signal: AbortSignal,
  ) => Promise<ComponentSubject>;
  /** The commits that the target did not have before, for the issues that they fix; null where they are not known. */
  readonly history: (
    builder: LoadedBuilder,
    command: ComponentCommand,
    distribution: Distribution,
    signal: AbortSignal,
  ) => Promise<SourceHistory | null>;
}

/** The commands that change what stands in a component repository. */
export type ComponentCommand = UploadComponent | WithdrawComponent;

const tryAgainMs = 60_000;

/** Runs one promotion or withdrawal of a component, from its signed block on. */
export async function runPromotion(
  parts: PromotionParts,
  job: Job,
  request: CommandRequest,
  context: JobContext,
): Promise<JobOutcome> {
  const { clock, now, verification, ledger } = parts;
  const judged = await clock.judge();
  if (judged.kind === "wait") return postponed(parts, judged.reason);
  if (judged.kind === "refused") return refused(judged.refusal);
  const heard = await rehear({ ...verification, ledger }, request, now());
  if (!heard.ok) return refused(heard.error);
  const { command, builder } = heard.value;
  const wanted = command.command;
  if (wanted.kind !== "upload-component" && wanted.kind !== "withdraw-component") {
    throw new Error(`${wanted.kind} is no promotion of a component`);
  }
  if (command.target.kind !== "component") throw new Error("a component's command without a component's target");

  let subject: ComponentSubject;
  let buggy = false;
  try {
    subject = await parts.subject(builder, wanted, context.signal);
    if (wanted.kind === "upload-component" && isGated(wanted.repository)) {
      if (!(await parts.poller.polledSince(new Date(request.receivedAt)))) {
        return postponed(parts, "GitHub could not be asked since the command came whether somebody holds it");
      }
      buggy = (await parts.labels(subject))?.includes("buggy") ?? false;
    }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return postponed(parts, error.message);
  }

  const repositories = parts.repositories(builder);
  const plans = await planAll(parts, repositories, { command, wanted, builder, buggy });
  const decided = decide(plans, wanted, job.attempts);
  if (decided.kind === "refused") return refused(decided.refusal);
  return applyAll(parts, { job, context, repositories, wanted, builder, subject, ...decided });
}

interface Planning {
  readonly command: AuthorizedCommand;
  readonly wanted: ComponentCommand;
  readonly builder: LoadedBuilder;
  readonly buggy: boolean;
}

/** A plan with its distribution. */
interface Planned {
  readonly distribution: Distribution;
  readonly plan: DistributionPlan;
}

async function planAll(
  { ledger, now }: PromotionParts,
  repositories: Repositories,
  { command, wanted, builder, buggy }: Planning,
): Promise<readonly Planned[]> {
  const { configuration } = builder;
  const distributions = command.target.kind === "component" ? command.target.distributions : [];
  const targets = distributions.map((distribution): PlanTarget => {
    const signKey = signKeyFor(configuration, distribution.name, distribution.type);
    if (signKey === null) {
      throw new AdapterError("CONFIGURATION", `no sign-key is configured for ${distribution.name}`);
    }
    return { distribution, signKey };
  });
  const { release, component, commit, repository } = wanted;
  const subject = { kind: "component", component, commit } as const;
  const held = ({ name }: Distribution): boolean =>
    ledger.view.holder({ release, component, commit, distribution: name }) !== null;
  const plans =
    wanted.kind === "withdraw-component"
      ? await repositories.planWithdrawal({ release, subject, repository, targets })
      : await repositories.plan({
          release,
          subject,
          to: repository,
          from: null,
          targets,
          holds: new Set<DistributionName>(distributions.filter(held).map(({ name }) => name)),
          buggy,
          minAgeDays: configuration.minAgeDays,
          now: now(),
        });
  return distributions.flatMap((distribution) => {
    const plan = plans.find(({ dist }) => dist === distribution.name);
    return plan === undefined ? [] : [{ distribution, plan }];
  });
}

type Decided =
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | {
      readonly kind: "apply";
      readonly apply: readonly Planned[];
      /** Applied by an earlier run of this job that a crash ended. */
      readonly already: readonly Planned[];
      readonly left: readonly Planned[];
    };

/**
 * All plans are looked at before any is applied. With `all`, a distribution that has no packages of the component or already has these
 * is left out; any other refusal refuses the whole line.
 */
function decide(plans: readonly Planned[], wanted: ComponentCommand, attempts: number): Decided {
  const codeOf = ({ plan }: Planned): string | undefined => plan.refused?.code;
  const already = attempts > 1 ? plans.filter((planned) => codeOf(planned) === "ALREADY_PUBLISHED") : [];
  const open = plans.filter((planned) => !already.includes(planned));
  const apply = open.filter(({ plan }) => plan.refused === undefined);
  const left = open.filter(({ plan }) => plan.refused !== undefined);
  const harmless = (planned: Planned): boolean =>
    wanted.distributions.kind === "all" && ["NOT_IN_TESTING", "ALREADY_PUBLISHED"].includes(codeOf(planned) ?? "");
  const grave =
    left.find((planned) => !harmless(planned)) ?? (apply.length + already.length === 0 ? left[0] : undefined);
  if (grave?.plan.refused !== undefined) return { kind: "refused", refusal: grave.plan.refused };
  if (plans.length === 0) {
    return {
      kind: "refused",
      refusal: refusal("DISTRIBUTION_UNKNOWN", "all", "there is no distribution to do this for"),
    };
  }
  return { kind: "apply", apply, already, left };
}

interface Application {
  readonly job: Job;
  readonly context: JobContext;
  readonly repositories: Repositories;
  readonly wanted: ComponentCommand;
  readonly builder: LoadedBuilder;
  readonly subject: ComponentSubject;
  readonly apply: readonly Planned[];
  readonly already: readonly Planned[];
  readonly left: readonly Planned[];
}

/** Applies plan after plan within one log, since what is signed must be announced there; one that fails does not stop the next. */
async function applyAll(parts: PromotionParts, application: Application): Promise<JobOutcome> {
  const { wanted, builder, apply, already, left, repositories, context } = application;
  const done: (Planned & { readonly history: SourceHistory | null })[] = [];
  const failed: (Planned & { readonly reason: string })[] = [];
  let path: LogPath | null = null;
  if (apply.length > 0) {
    const histories = new Map<string, SourceHistory | null>();
    for (const { distribution } of apply) {
      // Read before, since afterwards the former version is no longer the one that stands there.
      histories.set(distribution.name, await parts.history(builder, wanted, distribution, context.signal));
    }
    const log = await parts.logs.open(
      `${wanted.kind === "upload-component" ? "promote" : "withdraw"}-${wanted.component}`,
    );
    try {
      for (const planned of apply) {
        const { dist, digest } = planned.plan;
        log.note(`${wanted.kind} ${wanted.component} ${wanted.commit} ${wanted.repository} ${dist} plan ${digest}`);
        try {
          const applied: Applied = await repositories.apply(planned.plan, parts.signer(log));
          for (const { file, sha256 } of applied.moves) log.note(`${sha256} ${file}`);
          done.push({ ...planned, history: histories.get(planned.distribution.name) ?? null });
        } catch (error) {
          if (!(error instanceof AdapterError)) throw error;
          log.note(`failed: ${error.message}`);
          failed.push({ ...planned, reason: error.message });
        }
      }
    } finally {
      path = await log.close(failed.length === 0 ? "done" : "failed");
    }
  }
  const reports = [
    ...already.map((planned) => moved(parts, application, { ...planned, history: null }, path)),
    ...done.map((planned) => moved(parts, application, planned, path)),
    ...failed.map((planned) => notMoved(parts, application, planned, path)),
  ];
  const names = (list: readonly Planned[]): string => list.map(({ distribution }) => distribution.name).join(", ");
  const verb = wanted.kind === "upload-component" ? "uploaded to" : "withdrawn from";
  const good = `${verb} ${wanted.repository}: ${names([...already, ...done])}`;
  const rest = left.map(({ plan }) => `${plan.dist}: ${plan.refused?.code ?? ""}`).join(", ");
  if (failed.length === 0) return { kind: "done", summary: rest === "" ? good : `${good} (not: ${rest})`, reports };
  const why = failed.map(({ distribution, reason }) => `${distribution.name}: ${reason}`).join("; ");
  return { kind: "failed", reason: done.length + already.length > 0 ? `${why}; ${good}` : why, reports };
}

function moved(
  { environment, now }: PromotionParts,
  { job, wanted, subject }: Application,
  { distribution, plan, history }: Planned & { readonly history: SourceHistory | null },
  log: LogPath | null,
): Report {
  const { trace } = job;
  const id = eventId("u", environment, job.id, wanted.kind, distribution.name);
  const base = { id, trace, subject, environment, at: now(), repository: wanted.repository as RepositoryName };
  return wanted.kind === "withdraw-component"
    ? { kind: "status", event: { ...base, type: "withdrawn", distribution: distribution.name, plan: plan.digest } }
    : {
        kind: "status",
        event: { ...base, type: "uploaded", distribution: distribution.name, plan: plan.digest, log, history },
      };
}

function notMoved(
  { environment, now }: PromotionParts,
  { job, wanted, subject }: Application,
  { distribution, reason }: Planned & { readonly reason: string },
  log: LogPath | null,
): Report {
  const { trace } = job;
  const id = eventId("f", environment, job.id, wanted.kind, distribution.name);
  const { repository } = wanted;
  return {
    kind: "status",
    event: {
      id,
      trace,
      subject,
      environment,
      at: now(),
      type: "upload-failed",
      distribution: distribution.name,
      repository,
      reason,
      log,
    },
  };
}

function refused(refusal: Refusal): JobOutcome {
  return { kind: "refused", refusal, reports: [] };
}

function postponed({ now }: PromotionParts, reason: string): JobOutcome {
  return { kind: "postponed", untilMs: now().getTime() + tryAgainMs, reason };
}
