/** What others have published here: by their records, and by what the metadata lists of it now. */
import {
  type Distribution,
  parseComponentRepository,
  parseDistribution,
  parseTemplateRepository,
  type Release,
  type RepositoryName,
} from "../../domain/index.ts";
import { isListed, type Move } from "../../promotion/index.ts";
import type { Published } from "./face.ts";
import { type Place, placeOf } from "./place.ts";
import { buildFact, type StoredRecord } from "./records.ts";
import type { Tree } from "./tree.ts";

/** Sorted by the file. */
function filesAt(tree: Tree, place: Place): readonly Move[] {
  const engine = tree.engine(place);
  if (!engine.isThere(place)) return [];
  const entries = engine.read(place).entries();
  const files = entries.flatMap((entry) => entry.files.map(({ file, sha256 }) => ({ file, sha256 })));
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Every file that a repository's metadata lists. */
export function listedFiles(
  tree: Tree,
  release: Release,
  repository: RepositoryName,
  distribution: Distribution | null,
): readonly Move[] {
  return filesAt(tree, placeOf(release, repository, distribution));
}

/**
 * Builds with a publication since then. A record is written anew with each publication: one whose file is older than that is
 * not even read, so that a month can be looked at in a tree of years.
 */
export function publishedSince(tree: Tree, release: Release, since: Date): readonly Published[] {
  // Records tell minutes.
  const minute = Math.floor(since.getTime() / 60_000) * 60_000;
  const found = new Map<string, Published>();
  const listings = new Map<string, ReadonlyMap<string, Move>>();
  const listing = (repository: RepositoryName, distribution: Distribution | null): ReadonlyMap<string, Move> => {
    const key = `${repository} ${distribution?.name ?? ""}`;
    const known =
      listings.get(key) ?? new Map(listedFiles(tree, release, repository, distribution).map((one) => [one.file, one]));
    listings.set(key, known);
    return known;
  };
  for (const stored of recordsSince(tree, release, since)) {
    const distribution = parseDistribution(stored.dist);
    const isTemplate = stored.dist === stored.name;
    const { files, publications } = buildFact(stored);
    for (const repository of new Set(publications.map((one) => one.repository))) {
      const minutes = publications.filter((one) => one.repository === repository).map(({ minute }) => minute.getTime());
      const at = Math.max(...minutes);
      if (at < minute) continue;
      const held = isTemplate ? parseTemplateRepository(repository) : parseComponentRepository(repository);
      if (held === null || (!isTemplate && distribution === null)) continue;
      const listed = listing(repository, isTemplate ? null : distribution);
      const standing = files.flatMap(({ name }) => listed.get(name) ?? []);
      const { name, version, dist, commit } = stored;
      const key = [name, version, dist, repository].join("\n");
      const before = found.get(key);
      found.set(key, {
        ...{ release, repository, dist, name, version },
        commit: before?.commit ?? commit,
        at: new Date(Math.max(at, before?.at.getTime() ?? 0)),
        recorded: (before?.recorded ?? 0) + files.filter((file) => isListed(file.name)).length,
        standing: [...(before?.standing ?? []), ...standing],
        records: [...(before?.records ?? []), stored.path],
      });
    }
  }
  return [...found.values()];
}

function recordsSince(tree: Tree, release: Release, since: Date): readonly StoredRecord[] {
  const { records } = tree;
  return [
    ...records.components(release).flatMap((name) => records.ofComponent(release, name, null, since)),
    ...records.templates(release).flatMap((name) => records.ofTemplate(release, name)),
  ];
}
