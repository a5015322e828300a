/** Carrying plans out, as they stand: nothing is decided here, only whether the plan still fits. */
import { AdapterError, type Distribution, formatTimestamp } from "../../domain/index.ts";
import { renderPublishRecord } from "../../formats/publish-record/index.ts";
import {
  type DistributionPlan,
  distributionOfPlan,
  isListed,
  type Move,
  type Signer,
  withSignatures,
} from "../../promotion/index.ts";
import { sha256OfFile } from "./digests.ts";
import type { Entry, Snapshot } from "./engine.ts";
import type { Applied } from "./face.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { recordsOf } from "./gather-facts.ts";
import { type Place, placeOf } from "./place.ts";
import type { StoredRecord } from "./records.ts";
import { Steps } from "./steps.ts";
import type { RepositoryChange, Tree } from "./tree.ts";

/** Applies a plan. Throws AdapterError; the repository is then as it was. */
export async function applyPlan(tree: Tree, plan: DistributionPlan, signer: Signer): Promise<Applied> {
  if (plan.refused !== undefined) throw new Error(`a refused plan was to be applied: ${plan.refused.code}`);
  const distribution = distributionOfPlan(plan);
  const target = placeOf(plan.release, plan.to, distribution);
  // A promotion leaves a debian pool alone; what a withdrawal puts back lies there already, too.
  const names = ["looks at what stands", "makes the metadata", "signs and commits"] as const;
  const steps = new Steps(names, tree.tell);
  await tree.alone(target, "untouched", async () => {
    steps.at("looks at what stands");
    const snapshot = tree.engine(target).read(target);
    await tree.needSigned(snapshot, plan.signKey);
    needStanding(plan, snapshot);
    const change =
      plan.action === "promote"
        ? await promotion(tree, plan, distribution, snapshot)
        : await withdrawal(tree, plan, distribution, snapshot);
    await tree.change(change, signer, steps);
  });
  return { dist: plan.dist, repository: plan.to, moves: plan.moves };
}

/** The plan was made against these packages of the target; against others it would have to be made again. */
function needStanding(plan: DistributionPlan, snapshot: Snapshot): void {
  const keys = (list: readonly { name: string; arch: string; version: string }[]): string =>
    list
      .map((one) => `${one.name} ${one.arch} ${one.version}`)
      .sort()
      .join("\n");
  const names = new Set(plan.standing.map((one) => `${one.name} ${one.arch}`));
  const files = new Set(plan.moves.map((move) => move.file));
  const there = snapshot.entries().filter((entry) => names.has(`${entry.name} ${entry.arch}`));
  const already = plan.action === "promote" && snapshot.entries().some((entry) => isNew(entry, plan, files));
  if (
    already ||
    keys(there) !== keys(plan.action === "promote" ? plan.standing : there.filter((one) => isOf(one, plan)))
  ) {
    throw changed(plan);
  }
}

function isNew(entry: Entry, plan: DistributionPlan, files: ReadonlySet<string>): boolean {
  return (
    entry.arch !== "source" &&
    files.has(entry.files[0].file) &&
    !plan.standing.some((one) => one.file === entry.files[0].file)
  );
}

function isOf(entry: Entry, plan: DistributionPlan): boolean {
  return plan.type === "rpm" || plan.standing.some((one) => one.file === entry.files[0].file);
}

function changed(plan: DistributionPlan): AdapterError {
  const what = `${plan.to} has changed for ${plan.dist} since plan ${plan.digest.slice(0, 12)} was made: plan it again`;
  return new AdapterError("UNEXPECTED_ANSWER", what);
}

async function promotion(
  tree: Tree,
  plan: DistributionPlan,
  distribution: Distribution | null,
  snapshot: Snapshot,
): Promise<RepositoryChange> {
  if (plan.from === null) throw new Error("a promotion comes from nowhere");
  const engine = tree.engine(snapshot.place);
  const source = engine.read(placeOf(plan.release, plan.from, distribution));
  await tree.needSigned(source, plan.signKey);
  const wanted = new Map(plan.moves.map((move) => [move.file, move.sha256]));
  const add = source.entries().filter((entry) => entry.files.every((file) => wanted.get(file.file) === file.sha256));
  const listed = new Set(add.flatMap((entry) => entry.files.map((file) => file.file)));
  const paths = filesOnDisk(tree, source, [...wanted.keys()]);
  for (const { file } of plan.moves) {
    const path = paths.get(file);
    if (path === undefined || (isListed(file) && !listed.has(file))) throw changed(plan);
    if (!listed.has(file) && sha256OfFile(tree.at(path)) !== wanted.get(file)) throw changed(plan);
  }
  const remove = add.flatMap((entry) => engine.replacedBy(snapshot, entry));
  return {
    snapshot,
    change: { add, from: source, remove: [...new Set(remove)] },
    signKey: plan.signKey,
    former: "offered",
    ...targetLinks(tree, source.place, snapshot.place, paths),
    gone: [],
    records: withPublication(tree, recordsFor(tree, plan, distribution), plan),
  };
}

/** Links from one repository's files to the other's; in a debian pool they lie there already. */
function targetLinks(
  tree: Tree,
  source: Place,
  target: Place,
  paths: ReadonlyMap<string, string>,
): Pick<RepositoryChange, "links" | "replaced"> {
  if (source.base === target.base) return { links: [], replaced: [] };
  const all = [...paths.values()].map((path) => ({
    from: tree.at(path),
    to: target.base + path.slice(source.base.length),
  }));
  // A file that nobody lists may lie there from another time: it must not be taken for the one that moves.
  const { disk } = tree.options;
  const differs = (link: { from: string; to: string }): boolean =>
    disk.stat(tree.at(link.to)) !== null && sha256OfFile(tree.at(link.to)) !== sha256OfFile(link.from);
  return { links: all.filter((link) => !differs(link)), replaced: all.filter(differs) };
}

function recordsFor(tree: Tree, plan: DistributionPlan, distribution: Distribution | null): StoredRecord[] {
  const { release, subject, versions } = plan;
  return recordsOf(tree, release, subject, distribution).filter((stored) => versions.includes(stored.version));
}

function withPublication(
  tree: Tree,
  records: readonly StoredRecord[],
  plan: DistributionPlan,
): RepositoryChange["records"] {
  const now = tree.options.clock();
  const publication = { repository: plan.to, timestamp: formatTimestamp(now), moment: now.toISOString() };
  return records.map(({ path, record }) => {
    const others = record.publications.filter((one) => one.repository !== plan.to);
    return { path, text: renderPublishRecord({ ...record, publications: [...others, publication] }) };
  });
}

async function withdrawal(
  tree: Tree,
  plan: DistributionPlan,
  distribution: Distribution | null,
  snapshot: Snapshot,
): Promise<RepositoryChange> {
  const engine = tree.engine(snapshot.place);
  const names = new Set(plan.moves.map((move: Move) => move.file));
  const remove = snapshot.entries().filter((entry) => plan.standing.some((one) => one.file === entry.files[0].file));
  const restored = filesOnDisk(
    tree,
    snapshot,
    plan.restores.map((move) => move.file),
  );
  if (restored.size !== plan.restores.length) throw changed(plan);
  const from =
    restored.size === 0
      ? null
      : await engine.describe(
          snapshot.place,
          [...restored.values()].map((path) => tree.at(path)),
        );
  const gone =
    snapshot.place.type === "deb" ? [] : [...filesOnDisk(tree, snapshot, withSignatures([...names])).values()];
  const records = recordsFor(tree, plan, distribution).map(({ path, record }) => {
    const publications = record.publications.filter((one) => one.repository !== plan.to);
    return { path, text: renderPublishRecord({ ...record, publications }) };
  });
  return {
    snapshot,
    change: { add: from?.entries() ?? [], from, remove },
    signKey: plan.signKey,
    former: "withdrawn",
    links: [],
    replaced: [],
    gone,
    records,
  };
}
