/** Plans for promotions and withdrawals: facts gathered, decided by the promotion room, nothing changed. */
import { AdapterError, type Fingerprint, type RepositoryName } from "../../domain/index.ts";
import {
  type DistributionPlan,
  draftPromotion,
  type FileEvidence,
  type PromotionQuestion,
  planPromotion,
  planWithdrawal,
  rewindFacts,
  type Selection,
  testingOf,
} from "../../promotion/index.ts";
import { sha256OfFiles } from "./digests.ts";
import type { Snapshot } from "./engine.ts";
import type { PlanTarget, PromotionRequest, RehearsedPlan, WithdrawalRequest } from "./face.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { type Gathered, gatherFacts, recordsOf } from "./gather-facts.ts";
import { judgeByAny } from "./package-signatures.ts";
import { placeOf } from "./place.ts";
import { buildFact } from "./records.ts";
import type { Tree } from "./tree.ts";

/** Plans a promotion for each target. */
export async function planTargets(tree: Tree, request: PromotionRequest): Promise<DistributionPlan[]> {
  const plans: DistributionPlan[] = [];
  for (const [index, target] of request.targets.entries()) {
    const dist = target.distribution === null ? "" : ` for ${target.distribution.name}`;
    const tell: PlanTell = (doing, bytes) =>
      tree.tell({
        what: `plans${dist}: ${doing}`,
        done: index * planSteps.length + planSteps.indexOf(doing),
        total: request.targets.length * planSteps.length,
        ...(bytes === undefined ? {} : { part: { ...bytes, unit: "bytes" } }),
      });
    plans.push((await planTarget(tree, request, target, { since: null, tell })).plan);
  }
  return plans;
}

/** The same, as it would have been decided before what was published to the target since then. */
export async function rehearseTargets(tree: Tree, request: PromotionRequest, since: Date): Promise<RehearsedPlan[]> {
  const plans: RehearsedPlan[] = [];
  const tell: PlanTell = () => undefined;
  for (const target of request.targets) plans.push(await planTarget(tree, request, target, { since, tell }));
  return plans;
}

const planSteps = ["reads what stands", "checks signatures", "hashes packages"] as const;

/** What the plan of one target is at. */
type PlanTell = (doing: (typeof planSteps)[number], bytes?: { readonly done: number; readonly total: number }) => void;

async function planTarget(
  tree: Tree,
  request: PromotionRequest,
  target: PlanTarget,
  { since, tell }: { readonly since: Date | null; readonly tell: PlanTell },
): Promise<RehearsedPlan> {
  tell("reads what stands");
  const from = request.from === null ? testingOf(request.to) : [request.from];
  const early = judgeEarly(tree, request, from, target);
  // What the facts throw comes first; that this one fails, too, is then nobody's surprise.
  early.catch(() => undefined);
  const gathered = await gatherFacts(tree, request, from, target);
  const { release, subject, to, holds, buggy, minAgeDays, now } = request;
  const { facts, at } = since === null ? { ...gathered, at: null } : rewindFacts(gathered.facts, subject, to, since);
  const question: PromotionQuestion = {
    ...{ release, subject, to, from, holds, buggy, minAgeDays },
    now: at ?? now,
    dist: gathered.dist,
  };
  const draft = draftPromotion(question, facts, target.signKey);
  await gathered.prepared;
  if (draft.kind === "refused") return { plan: draft.plan, at };
  tell("checks signatures");
  const evidence = await examine(tree, gathered, draft.selection, {
    target,
    formerKeys: request.formerKeys,
    verdicts: await early,
    tell,
  });
  return { plan: planPromotion(question, facts, target.signKey, draft.selection, evidence), at };
}

/** Looks at each file that would move: its bytes, and the signature that it carries. */
async function examine(
  tree: Tree,
  gathered: Gathered,
  selection: Selection,
  known: {
    readonly target: PlanTarget;
    readonly formerKeys: readonly Fingerprint[];
    readonly verdicts: ReadonlyMap<string, string | null>;
    readonly tell: PlanTell;
  },
): Promise<FileEvidence[]> {
  const source = gathered.sources.find((snapshot) => snapshot.place.repository === selection.from);
  const names = selection.moves.map((move) => move.file);
  const found = source === undefined ? new Map<string, string>() : filesOnDisk(tree, source, names);
  const paths = new Map([...found].map(([name, path]) => [name, tree.at(path)]));
  const signed = [...paths.values()].filter((path) => carriesSignature(path) && !known.verdicts.has(path));
  const late = await tree.engine(gathered.target).judgePackages(signed, known.target.signKey);
  const verdicts = new Map([...known.verdicts, ...late]);
  const wrong = signed.concat([...known.verdicts.keys()]).filter((path) => (verdicts.get(path) ?? null) !== null);
  for (const path of await judgeByAny(tree, gathered.target, wrong, known.formerKeys)) verdicts.set(path, null);
  const digests = sha256OfFiles([...paths.values()], (bytes) => known.tell("hashes packages", bytes));
  const hashes = new Map([...paths.keys()].map((file, index) => [file, digests[index] ?? null]));
  return names.map((file) => {
    const path = paths.get(file);
    return {
      file,
      sha256: hashes.get(file) ?? null,
      signature: path === undefined ? null : (verdicts.get(path) ?? null),
    };
  });
}

/**
 * Begins to judge the packages' signatures while the facts are gathered: another program does it. What is found is used
 * only for files that the plan turns out to name.
 */
async function judgeEarly(
  tree: Tree,
  request: PromotionRequest,
  from: readonly RepositoryName[],
  target: PlanTarget,
): Promise<ReadonlyMap<string, string | null>> {
  const { release, subject, to } = request;
  const [first] = from;
  if (first === undefined || subject.kind === "template") return new Map();
  const place = placeOf(release, first, target.distribution);
  const builds = recordsOf(tree, release, subject, target.distribution).map(buildFact);
  const names = builds.filter((build) => build.commit === subject.commit).flatMap((build) => build.files);
  const folder = place.type === "rpm" ? `${place.base}/rpm` : place.base;
  const paths = names.map(({ name }) => tree.at(`${folder}/${name}`)).filter(carriesSignature);
  const there = paths.filter((path) => tree.options.disk.stat(path) !== null);
  try {
    return await tree.engine(placeOf(release, to, target.distribution)).judgePackages(there, target.signKey);
  } catch (error) {
    // Whatever it was, it is met again, and said, where the verdict is needed.
    if (error instanceof AdapterError) return new Map();
    throw error;
  }
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
