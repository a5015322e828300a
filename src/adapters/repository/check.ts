/** Looks at everything in the tree: each reference, hash, size and signature. */

import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import type { DebSnapshot } from "./deb/deb-snapshot.ts";
import { sha256OfFile } from "./digests.ts";
import type { Snapshot } from "./engine.ts";
import type { TreeFault } from "./face.ts";
import { judgeByAny } from "./package-signatures.ts";
import { type Place, placeName } from "./place.ts";
import { placesInTree } from "./places-in-tree.ts";
import { signedPlaces, signersOf } from "./signers.ts";
import { journalDirectory } from "./transaction.ts";
import type { Tree } from "./tree.ts";

/** Every fault that is found; none is a sound tree. */
export async function checkTree(tree: Tree): Promise<TreeFault[]> {
  const faults: TreeFault[] = [];
  const { disk, root } = tree.options;
  for (const name of disk.list(journalDirectory(root))) {
    if (name.endsWith(".json"))
      faults.push({ path: `.release-bot/journal/${name}`, what: "a change was interrupted: recover" });
  }
  const hashes = new Map<string, string>();
  const places = placesInTree(tree);
  const there = new Set(places.map(({ place }) => `${place.base} ${place.suite}`));
  for (const { base, suite } of signedPlaces(tree.options)) {
    const path = `${base} ${suite}`;
    if (!there.has(path)) faults.push({ path: path.trim(), what: "was signed here, and its metadata is not there" });
  }
  let files = 0;
  for (const [done, { place }] of places.entries()) {
    const told = { done, total: places.length };
    tree.tell({ what: `checks signatures in ${placeName(place)}`, ...told });
    const engine = tree.engine(place);
    try {
      const snapshot = engine.read(place);
      const key = await keyOf(tree, place, faults);
      const check = key === null ? null : await engine.judge(snapshot, key);
      const where = placeName(place);
      if (check !== null && check !== "absent" && check.verdict !== null)
        faults.push({ path: where, what: check.verdict });
      const [signer] = signersOf(tree.options, place);
      if (signer !== undefined && key !== null && key !== signer)
        faults.push({ path: where, what: `is signed by ${key}, and was signed here by ${signer}` });
      faults.push(...(await engine.check(snapshot, key)));
      if (signer !== undefined) faults.push(...missing(tree, snapshot, faults));
      if (key !== null) faults.push(...(await checkPackages(tree, snapshot, key)));
      const listed = snapshot.entries().flatMap((entry) => entry.files);
      const total = listed.reduce((bytes, { size }) => bytes + Math.max(0, size), 0);
      let read = 0;
      const hear = (bytes: number): void => {
        read += bytes;
        tree.tell({ what: `checks ${where}`, ...told, part: { done: read, total, unit: "bytes" } });
      };
      for (const file of listed) {
        files += 1;
        // Hashing takes all of a core: whoever waits for a turn gets one.
        if (files % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        const path = `${place.base}/${file.path}`;
        const there = disk.stat(tree.at(path));
        if (there === null) faults.push({ path, what: "is listed, and not there" });
        else if (file.size >= 0 && there.size !== file.size)
          faults.push({ path, what: "has not the size that is listed" });
        else {
          // A file of a debian pool, or a link, is read once.
          const identity = `${there.inode} ${there.mtimeMs}`;
          const known = hashes.get(identity);
          if (known !== undefined) hear(there.size);
          const hash = known ?? sha256OfFile(tree.at(path), hear);
          hashes.set(identity, hash);
          if (hash !== file.sha256) faults.push({ path, what: "has not the hash that is listed" });
        }
      }
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      faults.push({ path: placeName(place), what: error.message });
    }
  }
  return faults;
}

/** What is always there in a repository that was signed here, and clients may ask for; others may do without it. */
function missing(tree: Tree, snapshot: Snapshot, named: readonly TreeFault[]): TreeFault[] {
  const { type, base, suite } = snapshot.place;
  const listed = type === "deb" ? ((snapshot as DebSnapshot).release?.entries ?? []).map(({ path }) => path) : [];
  const files = {
    rpm: ["repodata/repomd.xml.metalink"],
    deb: ["InRelease", "Release", "Release.gpg", ...listed].map((name) => `dists/${suite}/${name}`),
    archlinux: ["db", "files"].flatMap((kind) => ["", ".sig", ".tar.gz"].map((end) => `${suite}.${kind}${end}`)),
  }[type];
  return files
    .map((file) => `${base}/${file}`)
    .filter((path) => tree.options.disk.stat(tree.at(path)) === null && !named.some((fault) => fault.path === path))
    .map((path) => ({ path, what: "is not there" }));
}

/** The key that the metadata says to be signed by, if it is one that is known. */
async function keyOf(tree: Tree, place: Place, faults: TreeFault[]): Promise<Fingerprint | null> {
  const path = placeName(place);
  const signature = tree.engine(place).signatureOf(place);
  const issuer = signature === null ? null : await tree.judge.issuer(signature);
  if (issuer === null) {
    faults.push({ path, what: "the metadata is not signed" });
    return null;
  }
  try {
    await tree.judge.certificate(issuer);
    return issuer;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    faults.push({ path, what: `the metadata is signed by ${issuer}, a key that is not known here` });
    return null;
  }
}

async function checkPackages(tree: Tree, snapshot: Snapshot, key: Fingerprint): Promise<TreeFault[]> {
  const { place } = snapshot;
  const listed = snapshot.entries().flatMap((entry) => entry.files.map((file) => `${place.base}/${file.path}`));
  const there = listed.filter((path) => tree.options.disk.stat(tree.at(path)) !== null);
  const verdicts = await tree.engine(place).judgePackages(
    there.map((path) => tree.at(path)),
    key,
  );
  const wrong = there.filter((path) => (verdicts.get(tree.at(path)) ?? null) !== null);
  const former = await judgeByAny(
    tree,
    place,
    wrong.map((path) => tree.at(path)),
    signersOf(tree.options, place).slice(1),
  );
  return wrong.flatMap((path) => {
    const what = verdicts.get(tree.at(path)) ?? null;
    return what === null || former.has(tree.at(path)) ? [] : [{ path, what }];
  });
}
