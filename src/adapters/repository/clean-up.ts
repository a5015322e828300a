/**
 * Clean-up: builds that others have superseded in a testing repository for long enough go from there; never a file that
 * another suite refers to, never one without a record, and nothing of a gated repository. Metalinks stop offering former
 * metadata after a day.
 */
import { type Fingerprint, isGated } from "../../domain/index.ts";
import { renderPublishRecord } from "../../formats/publish-record/index.ts";
import type { Signer } from "../../promotion/index.ts";
import type { CleanedUp } from "./face.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { type Place, placeName } from "./place.ts";
import { placesInTree } from "./places-in-tree.ts";
import { buildFact, type StoredRecord } from "./records.ts";
import { agedMetalink } from "./rpm/render-rpm.ts";
import type { Tree } from "./tree.ts";

const day = 24 * 3600 * 1000;

/** Cleans up all testing repositories that have a key; answers which files went from where. */
export async function cleanUp(
  tree: Tree,
  request: { readonly keepDays: number; readonly signKeyOf: (dist: string | null) => Fingerprint | null },
  signer: Signer,
): Promise<CleanedUp[]> {
  const done: CleanedUp[] = [];
  const places = placesInTree(tree);
  for (const [index, { place }] of places.entries()) {
    tree.tell({ what: `cleans up ${placeName(place)}`, done: index, total: places.length });
    if (place.type === "rpm") await tree.alone(place, "untouched", async () => ageMetalink(tree, place));
    const signKey = request.signKeyOf(place.dist);
    if (isGated(place.repository) || signKey === null) continue;
    const files = await tree.alone(place, "changed", () => cleanPlace(tree, place, request.keepDays, signKey, signer));
    if (files.length > 0) done.push({ repository: place.repository, dist: place.dist, files });
  }
  return done;
}

/** A metalink is not signed: it is only replaced. */
function ageMetalink(tree: Tree, place: Place): void {
  const path = tree.at(`${place.base}/repodata/repomd.xml.metalink`);
  if (tree.options.disk.stat(path) === null) return;
  const aged = agedMetalink(tree.options.disk.read(path).toString("utf8"), tree.options.clock());
  if (aged !== null) tree.options.disk.replace(path, aged);
}

async function cleanPlace(
  tree: Tree,
  place: Place,
  keepDays: number,
  signKey: Fingerprint,
  signer: Signer,
): Promise<string[]> {
  const before = tree.options.clock().getTime() - keepDays * day;
  const records = recordsAt(tree, place);
  const superseded = records.filter((stored) => {
    const since = supersededSince(stored, records, place);
    return since !== null && since.getTime() <= before;
  });
  if (superseded.length === 0) return [];
  const snapshot = tree.engine(place).read(place);
  await tree.needSigned(snapshot, signKey);
  const stays = new Set(
    records
      .filter((stored) => !superseded.includes(stored))
      .flatMap((stored) => buildFact(stored).files.map(({ name }) => name)),
  );
  const names = superseded
    .flatMap((stored) => buildFact(stored).files.map(({ name }) => name))
    .filter((name) => !stays.has(name));
  const going = new Set(names);
  const remove = snapshot.entries().filter((entry) => going.has(entry.files[0].file));
  const elsewhere = listedElsewhere(tree, place);
  const gone = [...filesOnDisk(tree, snapshot, names).values()].filter((path) => !elsewhere.has(path));
  const change = { add: [], from: null, remove };
  const without = superseded.map(({ path, record }) => {
    const publications = record.publications.filter((one) => one.repository !== place.repository);
    return { path, text: renderPublishRecord({ ...record, publications }) };
  });
  await tree.change(
    { snapshot, change, signKey, former: "offered", links: [], replaced: [], gone, records: without },
    signer,
    null,
  );
  return gone.map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
}

function recordsAt(tree: Tree, { release, dist }: Place): StoredRecord[] {
  if (dist === null) {
    return tree.records.templates(release).flatMap((name) => tree.records.ofTemplate(release, name));
  }
  return tree.records.components(release).flatMap((name) => tree.records.ofComponent(release, name, dist));
}

function publishedTo(stored: StoredRecord, place: Place): Date | null {
  return buildFact(stored).publications.find((one) => one.repository === place.repository)?.moment ?? null;
}

/** When another version of the same spec file came into the repository after this one; null where none did. */
function supersededSince(stored: StoredRecord, records: readonly StoredRecord[], place: Place): Date | null {
  const own = publishedTo(stored, place);
  if (own === null) return null;
  const later = records
    .filter((other) => other.name === stored.name && other.spec === stored.spec && other.version !== stored.version)
    .flatMap((other) => publishedTo(other, place) ?? [])
    .filter((moment) => moment > own);
  return later.reduce<Date | null>((first, moment) => (first === null || moment < first ? moment : first), null);
}

/** What the other suites over the same pool list: it is theirs, too. */
function listedElsewhere(tree: Tree, place: Place): ReadonlySet<string> {
  if (place.type !== "deb") return new Set();
  const others = placesInTree(tree).filter((found) => found.place.base === place.base && found.place.key !== place.key);
  const entries = others.flatMap((found) => tree.engine(found.place).read(found.place).entries());
  return new Set(entries.flatMap((entry) => entry.files.map((file) => `${place.base}/${file.path}`)));
}
