import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { Applied, Repositories } from "../../adapters/repository/index.ts";
import type { AgentStore } from "../../adapters/store/index.ts";
import type { JobLog } from "../../build/index.ts";
import { AdapterError, type Subject } from "../../domain/index.ts";
import { type DistributionPlan, distributionOfPlan, type Move, type Signer } from "../../promotion/index.ts";
import { differencesOf, missingOf } from "../../shadow/index.ts";
import { jobWords } from "../../work/index.ts";
import type { ApplyPorts } from "./promotion-apply.ts";
import type { PromotionTask } from "./promotion-runner.ts";
import { placeOfPlan, rehearsalOf } from "./rehearsal-of.ts";
import { whoApplies } from "./wanted-promotion.ts";

/** What those who apply reach. */
export interface ApplierParts {
  readonly repositories: (builder: LoadedBuilder) => Pick<Repositories, "apply" | "listed">;
  readonly signer: (log: JobLog) => Signer;
  /** Where it is kept what our engine would have done beside the back-end. */
  readonly rehearsals: Pick<AgentStore["rehearsals"], "keep">;
  /** The back-end's own publish. Throws AdapterError. */
  readonly publishByBackend: (builder: LoadedBuilder, plan: DistributionPlan, log: JobLog) => Promise<void>;
  readonly now: () => Date;
}

/** Who applies: our own engine, or with `promotion: backend` the back-end, with ours beside it. */
export function applierOf(parts: ApplierParts, task: PromotionTask, subject: Subject): ApplyPorts["apply"] {
  const { builder } = task.heard;
  if (whoApplies(builder, task.job) === "release-bot")
    return (plan, log) => parts.repositories(builder).apply(plan, parts.signer(log));
  return (plan, log) => promoteBeside({ ...parts, task, subject }, plan, log);
}

/** One promotion by the back-end, of which our engine has made a plan. */
interface BesideParts extends Omit<ApplierParts, "signer"> {
  readonly task: PromotionTask;
  readonly subject: Subject;
}

/**
 * Has the back-end publish, and looks what it moved, by the target's metadata before and after. Every difference from the
 * plan is kept, and stands in the log; what was planned and is not there was not published, whatever the back-end's exit
 * status says. Throws AdapterError.
 */
async function promoteBeside(parts: BesideParts, plan: DistributionPlan, log: JobLog): Promise<Applied> {
  const { task, subject, now } = parts;
  const { builder } = task.heard;
  const distribution = distributionOfPlan(plan);
  const look = (): readonly Move[] => parts.repositories(builder).listed(plan.release, plan.to, distribution);
  const before = new Map(look().map(({ file, sha256 }) => [file, sha256]));
  await parts.publishByBackend(builder, plan, log);
  const planned = new Set(plan.moves.map(({ file }) => file));
  // What a run before a crash had published stands there before and after, and is none the less moved.
  const moved = look().filter(({ file, sha256 }) => planned.has(file) || before.get(file) !== sha256);
  for (const difference of differencesOf(plan.moves, moved, plan.to)) log.note(`difference: ${difference}`);
  const key = ["beside", ...jobWords(task.job), plan.dist].join("\n");
  const places = [{ ...placeOfPlan(plan), moved }];
  await parts.rehearsals.keep(rehearsalOf(task, { key, mode: "beside", subject, places, asOf: now(), now: now() }));
  const missing = missingOf(plan.moves, moved).map((file) => `${file} was to move to ${plan.to} and is not there`);
  if (missing.length > 0) throw new AdapterError("UNEXPECTED_ANSWER", missing.join("; "));
  return { dist: plan.dist, repository: plan.to, moves: plan.moves };
}
