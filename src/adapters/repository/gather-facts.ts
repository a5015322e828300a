/** What a plan is decided by: the records of one distribution, and the metadata of the repositories that it concerns. */
import type { Distribution, Release, RepositoryName } from "../../domain/index.ts";
import {
  type DistributionFacts,
  isListed,
  type ListedPackage,
  type PromotionSubject,
  type TestingFact,
} from "../../promotion/index.ts";
import { sha256OfFile } from "./digests.ts";
import type { Entry, Snapshot } from "./engine.ts";
import type { PlanTarget } from "./face.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { type Place, placeOf } from "./place.ts";
import { buildFact, type StoredRecord } from "./records.ts";
import type { Tree } from "./tree.ts";

/** Facts, and where they are from. */
export interface Gathered {
  readonly facts: DistributionFacts;
  readonly dist: string;
  readonly target: Place;
  readonly sources: readonly Snapshot[];
  /** When what could be done ahead is done. */
  readonly prepared: Promise<void>;
}

/** The records of the subject for one distribution; for a template all that there are. */
export function recordsOf(
  tree: Tree,
  release: Release,
  subject: PromotionSubject,
  distribution: Distribution | null,
): StoredRecord[] {
  if (subject.kind === "template") return tree.records.ofTemplate(release, subject.template);
  return distribution === null ? [] : tree.records.ofComponent(release, subject.component, distribution.name);
}

function listed(entry: Entry): ListedPackage {
  const files = entry.files.map(({ file, sha256 }) => ({ file, sha256 }));
  return { name: entry.name, arch: entry.arch, version: entry.version, file: entry.files[0].file, files };
}

/** Gathers the facts for one target; the packages of `to` are narrowed to those that bear names of the builds. */
export async function gatherFacts(
  tree: Tree,
  request: { readonly release: Release; readonly subject: PromotionSubject; readonly to: RepositoryName },
  from: readonly RepositoryName[],
  target: PlanTarget,
): Promise<Gathered> {
  const { release, subject, to } = request;
  const { distribution, signKey } = target;
  const place = placeOf(release, to, distribution);
  const engine = tree.engine(place);
  const builds = recordsOf(tree, release, subject, distribution).map(buildFact);
  const wanted = new Set(builds.flatMap((build) => build.files.map((file) => file.name)));
  const sources = from.map((repository) => engine.read(placeOf(release, repository, distribution)));
  const found = sources.map((snapshot) => {
    // Another program judges; meanwhile the rest is looked up.
    const judged = engine.judge(snapshot, signKey);
    judged.catch(() => undefined);
    const entries = snapshot.entries().filter((entry) => entry.files.some((file) => wanted.has(file.file)));
    return { snapshot, judged, entries };
  });
  const names = new Set(found.flatMap(({ entries }) => entries.map((entry) => entry.name)));
  const now = engine.read(place);
  const standing = now.entries();
  const there = standing.filter((entry) => names.has(entry.name) || entry.files.some((file) => wanted.has(file.file)));
  const added = Math.max(0, ...found.map(({ entries }) => entries.length));
  // The application asks for this, too: what is found now is found then.
  if (added > 0) tree.needSigned(now, signKey).catch(() => undefined);
  const prepared = added === 0 ? Promise.resolve() : (engine.prepare?.(now, added) ?? Promise.resolve());
  prepared.catch(() => undefined);
  const beside = [...wanted].filter((name) => !isListed(name));
  const testing = await Promise.all(
    found.map(async ({ snapshot, judged, entries }): Promise<TestingFact> => {
      const onDisk = filesOnDisk(tree, snapshot, beside);
      const check = await judged;
      return {
        repository: snapshot.place.repository,
        signature: check === "absent" ? "there is no metadata" : check.verdict,
        packages: entries.map(listed),
        unlisted: [...onDisk].map(([file, path]) => ({ file, sha256: sha256OfFile(tree.at(path)) })),
      };
    }),
  );
  const compare = (a: string, b: string): number => engine.compare(a, b);
  const type = distribution?.type ?? "rpm";
  const facts: DistributionFacts = { type, builds, testing, target: there.map(listed), compare };
  return { facts, dist: distribution?.name ?? nameOf(subject), target: place, sources, prepared };
}

function nameOf(subject: PromotionSubject): string {
  return subject.kind === "template" ? subject.template : subject.component;
}
