import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { PlanTarget, Repositories } from "../../adapters/repository/index.ts";
import type { AuthorizedCommand, LedgerView } from "../../authority/index.ts";
import {
  AdapterError,
  type Distribution,
  no,
  ok,
  type Refusal,
  type Result,
  refusal,
  type UploadComponent,
  type UploadTemplate,
  type WithdrawComponent,
} from "../../domain/index.ts";
import { signKeyFor } from "../../formats/builder-yml/index.ts";
import type { DistributionPlan, PromotionSubject } from "../../promotion/index.ts";

/** The commands that change what stands in a repository. */
export type PromotionCommand = UploadComponent | UploadTemplate | WithdrawComponent;

/** A plan with the distribution that it is for; null for a template. */
export interface Planned {
  readonly distribution: Distribution | null;
  readonly plan: DistributionPlan;
}

/** What a promotion is planned from. */
export interface PlanQuestion {
  readonly command: AuthorizedCommand;
  readonly wanted: PromotionCommand;
  readonly builder: LoadedBuilder;
  readonly buggy: boolean;
  readonly minAgeDays: number;
  readonly ledger: LedgerView;
  readonly now: Date;
}

/** Plans every distribution of the command; nothing is changed. */
export async function planPromotions(
  repositories: Pick<Repositories, "plan" | "planWithdrawal">,
  question: PlanQuestion,
): Promise<readonly Planned[]> {
  const { command, wanted, builder, buggy, minAgeDays, ledger, now } = question;
  const distributions = command.target.kind === "component" ? command.target.distributions : [null];
  const targets = distributions.map((distribution) => planTarget(builder, distribution));
  const { release, repository } = wanted;
  const subject = subjectOf(wanted);
  const plans =
    wanted.kind === "withdraw-component"
      ? await repositories.planWithdrawal({ release, subject, repository, targets })
      : await repositories.plan({
          release,
          subject,
          to: repository,
          from: null,
          targets,
          holds: new Set(heldDistributions(wanted, distributions, ledger)),
          buggy,
          // What the agent promotes is signed by the key that its configuration names, and by no other.
          formerKeys: [],
          minAgeDays,
          now,
        });
  return distributions.map((distribution, index) => {
    const plan = plans[index];
    if (plan === undefined) throw new Error("not every distribution was planned");
    return { distribution, plan };
  });
}

function planTarget({ configuration }: LoadedBuilder, distribution: Distribution | null): PlanTarget {
  // Templates are packed as rpm, whatever is in them.
  const { name, type } = distribution ?? { name: "rpm", type: "rpm" };
  const signKey = signKeyFor(configuration, name, type);
  if (signKey === null) throw new AdapterError("CONFIGURATION", `sign-key names no key for ${name}`);
  return { distribution, signKey };
}

function subjectOf(wanted: PromotionCommand): PromotionSubject {
  return wanted.kind === "upload-template"
    ? { kind: "template", template: wanted.template, version: wanted.version }
    : { kind: "component", component: wanted.component, commit: wanted.commit };
}

function heldDistributions(
  wanted: UploadComponent | UploadTemplate,
  all: readonly (Distribution | null)[],
  ledger: LedgerView,
) {
  if (wanted.kind === "upload-template") return [];
  const { release, component, commit } = wanted;
  return all.flatMap((distribution) => {
    if (distribution === null) return [];
    const { name } = distribution;
    return ledger.holder({ release, component, commit, distribution: name }) === null ? [] : [name];
  });
}

/** Which plans are to be applied. */
export interface Decided {
  readonly apply: readonly Planned[];
  /** Applied by an earlier attempt of this job that a crash ended; by the plans of that attempt. */
  readonly already: readonly Planned[];
  /** Left out, each with its refusal. */
  readonly left: readonly Planned[];
}

/**
 * All plans are looked at before any is applied. With `all`, a distribution that has no packages of the component, or has
 * these already, is left out; any other refusal refuses the whole line. What was found applied by this job is no question any more.
 */
export function decide(
  plans: readonly Planned[],
  wanted: PromotionCommand,
  found: readonly DistributionPlan[],
): Result<Decided, Refusal> {
  const codeOf = ({ plan }: Planned): string => plan.refused?.code ?? "";
  const foundOf = (dist: string) => found.find((plan) => plan.dist === dist);
  const already = plans.flatMap(({ distribution, plan }) => {
    const earlier = foundOf(plan.dist);
    return earlier === undefined ? [] : [{ distribution, plan: earlier }];
  });
  const open = plans.filter(({ plan }) => foundOf(plan.dist) === undefined);
  const apply = open.filter((planned) => codeOf(planned) === "");
  const left = open.filter((planned) => codeOf(planned) !== "");
  const isAll = wanted.kind !== "upload-template" && wanted.distributions.kind === "all";
  const harmless = (planned: Planned): boolean =>
    isAll && ["NOT_IN_TESTING", "ALREADY_PUBLISHED"].includes(codeOf(planned));
  const nothing = apply.length + already.length === 0;
  const grave = left.find((planned) => !harmless(planned)) ?? (nothing ? left[0] : undefined);
  if (grave?.plan.refused !== undefined) return no(grave.plan.refused);
  if (nothing) return no(refusal("DISTRIBUTION_UNKNOWN", "all", "there is no distribution to do this for"));
  return ok({ apply, already, left });
}
