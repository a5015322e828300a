/** Which version of what stands in which repository, and since when. */
import type { ComponentName, Distribution, Release } from "../../domain/index.ts";
import type { Snapshot } from "./engine.ts";
import type { StandingVersion } from "./face.ts";
import { placeName } from "./place.ts";
import { type FoundPlace, placesInTree } from "./places-in-tree.ts";
import { buildFact, type StoredRecord } from "./records.ts";
import type { Tree } from "./tree.ts";

/** Answers what stands, by the metadata; records only say of what commit it is and since when it stands there. */
export async function standingVersions(
  tree: Tree,
  query: {
    readonly release: Release | null;
    readonly component: ComponentName | null;
    readonly distribution: Distribution | null;
  },
): Promise<StandingVersion[]> {
  const places = placesInTree(tree).filter(
    ({ place, distribution }) =>
      (query.release === null || place.release === query.release) &&
      (query.distribution === null || distribution?.name === query.distribution.name),
  );
  return places.flatMap((found, index) => {
    tree.tell({ what: `reads ${placeName(found.place)}`, done: index, total: places.length });
    return standingAt(tree, found, query.component);
  });
}

function standingAt(tree: Tree, { place }: FoundPlace, component: ComponentName | null): StandingVersion[] {
  const snapshot = tree.engine(place).read(place);
  const files = new Map(snapshot.entries().flatMap((entry) => entry.files.map((file) => [file.file, file.sha256])));
  const records = recordsAt(tree, snapshot, component);
  const stands = records.filter((stored) => {
    const { files: recorded } = buildFact(stored);
    const listed = recorded.filter((file) => files.has(file.name));
    return listed.length > 0 && listed.every((file) => file.sha256 === null || files.get(file.name) === file.sha256);
  });
  const versions = new Map<string, StandingVersion>();
  for (const stored of stands) {
    const since = buildFact(stored)
      .publications.filter((one) => one.repository === place.repository)
      .at(-1)?.minute;
    const { name, version, dist, commit } = stored;
    const { release, repository } = place;
    versions.set(`${name} ${version}`, { release, repository, dist, name, version, commit, since: since ?? null });
  }
  return [...versions.values()];
}

function recordsAt(tree: Tree, snapshot: Snapshot, component: ComponentName | null): StoredRecord[] {
  const { release, dist } = snapshot.place;
  if (dist === null) {
    return tree.records.templates(release).flatMap((name) => tree.records.ofTemplate(release, name));
  }
  const names = component === null ? tree.records.components(release) : [component];
  return names.flatMap((name) => tree.records.ofComponent(release, name, dist));
}
