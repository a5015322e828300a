/** Looks at everything in the tree: each reference, hash, size and signature. */

import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import type { DebSnapshot } from "./deb/deb-snapshot.ts";
import { sha256OfFile } from "./digests.ts";
import type { Snapshot } from "./engine.ts";
import type { TreeFault } from "./face.ts";
import { judgeByAny } from "./package-signatures.ts";
import type { Place } from "./place.ts";
import { placesInTree } from "./places-in-tree.ts";
import { signedPlaces, signersOf } from "./signers.ts";
import { journalDirectory } from "./transaction.ts";
import type { Tree } from "./tree.ts";

/** Every fault that is found; none is a sound tree. */
export async function checkTree(tree: Tree, tell?: (read: number, of: number) => void): Promise<TreeFault[]> {
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
  const total = tell === undefined ? 0 : countFiles(tree, places);
  let read = 0;
  for (const { place } of places) {
    const engine = tree.engine(place);
    try {
      const snapshot = engine.read(place);
      const key = await keyOf(tree, place, faults);
      const check = key === null ? null : await engine.judge(snapshot, key);
      const where = `${place.base} ${place.suite}`.trim();
      if (check !== null && check !== "absent" && check.verdict !== null)
        faults.push({ path: where, what: check.verdict });
      const [signer] = signersOf(tree.options, place);
      if (signer !== undefined && key !== null && key !== signer)
        faults.push({ path: where, what: `is signed by ${key}, and was signed here by ${signer}` });
      faults.push(...(await engine.check(snapshot, key)));
      if (signer !== undefined) faults.push(...missing(tree, snapshot, faults));
      if (key !== null) faults.push(...(await checkPackages(tree, snapshot, key)));
      for (const file of snapshot.entries().flatMap((entry) => entry.files)) {
        read += 1;
        if (tell !== undefined && read % 50 === 0) {
          tell(read, total);
          // Hashing takes all of a core: whoever waits for a turn gets one.
          await new Promise((resolve) => setImmediate(resolve));
        }
        const path = `${place.base}/${file.path}`;
        const there = disk.stat(tree.at(path));
        if (there === null) faults.push({ path, what: "is listed, and not there" });
        else if (file.size >= 0 && there.size !== file.size)
          faults.push({ path, what: "has not the size that is listed" });
        else {
          // A file of a debian pool, or a link, is read once.
          const identity = `${there.inode} ${there.mtimeMs}`;
          const hash = hashes.get(identity) ?? sha256OfFile(tree.at(path));
          hashes.set(identity, hash);
          if (hash !== file.sha256) faults.push({ path, what: "has not the hash that is listed" });
        }
      }
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      faults.push({ path: `${place.base} ${place.suite}`.trim(), what: error.message });
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

/** What cannot be read counts nothing: the check itself says why. */
function countFiles(tree: Tree, places: ReturnType<typeof placesInTree>): number {
  return places.reduce((sum, { place }) => {
    try {
      const entries = tree.engine(place).read(place).entries();
      return sum + entries.reduce((files, entry) => files + entry.files.length, 0);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return sum;
    }
  }, 0);
}

/** The key that the metadata says to be signed by, if it is one that is known. */
async function keyOf(tree: Tree, place: Place, faults: TreeFault[]): Promise<Fingerprint | null> {
  const path = `${place.base} ${place.suite}`.trim();
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
