/** Plans for promotions and withdrawals: facts gathered, decided by the promotion room, nothing changed. */
import type { RepositoryName } from "../../domain/index.ts";
import {
  type DistributionPlan,
  draftPromotion,
  type FileEvidence,
  type PromotionQuestion,
  planPromotion,
  planWithdrawal,
  type Selection,
  testingOf,
} from "../../promotion/index.ts";
import { sha256OfFile } from "./digests.ts";
import type { Snapshot } from "./engine.ts";
import type { PlanTarget, PromotionRequest, WithdrawalRequest } from "./face.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { type Gathered, gatherFacts } from "./gather-facts.ts";
import type { Tree } from "./tree.ts";

/** Plans a promotion for each target. */
export async function planTargets(tree: Tree, request: PromotionRequest): Promise<DistributionPlan[]> {
  const from = request.from === null ? testingOf(request.to) : [request.from];
  const plans: DistributionPlan[] = [];
  for (const target of request.targets) plans.push(await planTarget(tree, request, from, target));
  return plans;
}

async function planTarget(
  tree: Tree,
  request: PromotionRequest,
  from: readonly RepositoryName[],
  target: PlanTarget,
): Promise<DistributionPlan> {
  const gathered = await gatherFacts(tree, request, from, target);
  const { release, subject, to, holds, buggy, minAgeDays, now } = request;
  const question: PromotionQuestion = {
    ...{ release, subject, to, from, holds, buggy, minAgeDays, now },
    dist: gathered.dist,
  };
  const draft = draftPromotion(question, gathered.facts, target.signKey);
  if (draft.kind === "refused") return draft.plan;
  const evidence = await examine(tree, gathered, draft.selection, target);
  return planPromotion(question, gathered.facts, target.signKey, draft.selection, evidence);
}

/** Looks at each file that would move: its bytes, and the signature that it carries. */
async function examine(
  tree: Tree,
  gathered: Gathered,
  selection: Selection,
  target: PlanTarget,
): Promise<FileEvidence[]> {
  const source = gathered.sources.find((snapshot) => snapshot.place.repository === selection.from);
  const names = selection.moves.map((move) => move.file);
  const found = source === undefined ? new Map<string, string>() : filesOnDisk(tree, source, names);
  const paths = new Map([...found].map(([name, path]) => [name, tree.at(path)]));
  const signed = [...paths.values()].filter(carriesSignature);
  const verdicts = await tree.engine(gathered.target).judgePackages(signed, target.signKey);
  return names.map((file) => {
    const path = paths.get(file);
    if (path === undefined) return { file, sha256: null, signature: null };
    return { file, sha256: sha256OfFile(path), signature: verdicts.get(path) ?? null };
  });
}

function carriesSignature(path: string): boolean {
  return /\.(rpm|pkg\.tar(\.[a-z0-9]+)?)$/.test(path);
}

/** Plans a withdrawal for each target. */
export async function planWithdrawals(tree: Tree, request: WithdrawalRequest): Promise<DistributionPlan[]> {
  const { release, subject, repository } = request;
  const plans: DistributionPlan[] = [];
  for (const target of request.targets) {
    const gathered = await gatherFacts(tree, { release, subject, to: repository }, [], target);
    const snapshot: Snapshot = tree.engine(gathered.target).read(gathered.target);
    const names = gathered.facts.builds.flatMap((build) => build.files.map((file) => file.name));
    const there = filesOnDisk(tree, snapshot, names);
    const question = { release, subject, repository, dist: gathered.dist };
    plans.push(planWithdrawal(question, gathered.facts, target.signKey, (file) => there.has(file)));
  }
  return plans;
}
