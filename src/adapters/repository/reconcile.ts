/** Compares records, repositories and uploads, and says each difference; mends those that have one right answer. */
import { renderPublishRecord } from "../../formats/publish-record/index.ts";
import type { Difference } from "./face.ts";
import { pendingUploads } from "./pending-uploads.ts";
import { type Place, placeName } from "./place.ts";
import { placesInTree } from "./places-in-tree.ts";
import { buildFact, type StoredRecord } from "./records.ts";
import { recoverAll } from "./recover.ts";
import type { Tree } from "./tree.ts";

/** Answers the differences; with `repair`, `mended` says which are gone now. The repository on disk is the truth. */
export async function reconcile(tree: Tree, mode: "look" | "repair"): Promise<Difference[]> {
  const found: Difference[] = [];
  if (mode === "repair") {
    for (const said of await recoverAll(tree))
      found.push({ kind: "interrupted", where: said, what: said, mended: true });
  }
  const places = placesInTree(tree);
  for (const [index, { place }] of places.entries()) {
    tree.tell({ what: `compares ${placeName(place)}`, done: index, total: places.length });
    found.push(...(await compareRecords(tree, place, mode)));
  }
  for (const pending of pendingUploads(tree)) {
    const where = `${pending.release} ${pending.repository} ${pending.distribution?.name ?? ""}`.trim();
    const what = `published, not uploaded to ${pending.to}${pending.error === null ? "" : `: ${pending.error}`}`;
    found.push({ kind: "not-uploaded", where, what, mended: false });
  }
  return found;
}

async function compareRecords(tree: Tree, place: Place, mode: "look" | "repair"): Promise<Difference[]> {
  const where = placeName(place);
  const snapshot = tree.engine(place).read(place);
  const listed = new Map(snapshot.entries().flatMap((entry) => entry.files.map((file) => [file.file, file.sha256])));
  const recorded = new Set<string>();
  const found: Difference[] = [];
  const records = recordsAt(tree, place);
  for (const stored of records) {
    const build = buildFact(stored);
    for (const file of build.files) recorded.add(file.name);
    if (!build.publications.some((one) => one.repository === place.repository)) continue;
    if (
      build.files.some((file) => listed.has(file.name)) ||
      (place.type !== "rpm" && isReplaced(stored, records, listed))
    )
      continue;
    if (mode === "repair") await forgetPublication(tree, place, stored);
    const what = `${stored.name} ${stored.version} (${stored.spec}) is recorded as published here, and does not stand here`;
    found.push({ kind: "recorded-only", where, what, mended: mode === "repair" });
  }
  // Of a source package builder v2 names the .dsc, not what that consists of.
  for (const { files } of snapshot.entries()) {
    if (files.some(({ file }) => recorded.has(file))) continue;
    const what = `${files[0].file} stands here, and no record names it`;
    found.push({ kind: "unrecorded", where, what, mended: false });
  }
  return found;
}

function recordsAt(tree: Tree, { release, dist }: Place): StoredRecord[] {
  if (dist === null) {
    return tree.records.templates(release).flatMap((name) => tree.records.ofTemplate(release, name));
  }
  return tree.records.components(release).flatMap((name) => tree.records.ofComponent(release, name, dist));
}

/** A suite and a database hold one version: one whose place another version has taken is recorded with good reason. */
function isReplaced(
  stored: StoredRecord,
  records: readonly StoredRecord[],
  listed: ReadonlyMap<string, string>,
): boolean {
  return records.some(
    (other) =>
      other.name === stored.name &&
      other.spec === stored.spec &&
      other.version !== stored.version &&
      buildFact(other).files.some((file) => listed.has(file.name)),
  );
}

async function forgetPublication(tree: Tree, place: Place, stored: StoredRecord): Promise<void> {
  await tree.alone(place, "untouched", async () => {
    const publications = stored.record.publications.filter((one) => one.repository !== place.repository);
    tree.options.disk.replace(stored.path, renderPublishRecord({ ...stored.record, publications }));
  });
}
