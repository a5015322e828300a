/** What an audit looks at in a repository: what its signed metadata lists, what was signed, and whether all of it agrees. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import {
  AdapterError,
  type Distribution,
  type Fingerprint,
  type Release,
  type RepositoryName,
} from "../../domain/index.ts";
import type { Announcement } from "../../formats/build-log/index.ts";
import { signedHeader } from "../../formats/rpm/index.ts";
import { sha256Of, sha256OfFile } from "./digests.ts";
import type { Snapshot } from "./engine.ts";
import type { RepositoriesOptions, TreeFault } from "./face.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { type Place, placeOf } from "./place.ts";
import { Tree } from "./tree.ts";

/** Bytes that a key has signed, as the announcement of that names them. */
export type SignedFile = {
  readonly path: string;
  /** When the signature says that it was made; null where it does not. */
  readonly madeAt: () => Promise<Date | null>;
} & Pick<Announcement, "kind" | "sha256">;

/** A package file as it lies there. */
export interface ExaminedFile {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
  /** What the signed metadata says of it; null where it lists no such file. */
  readonly listed: string | null;
  /** What is wrong with the package's own signature; null where it is good, or its kind carries none. */
  readonly defect: string | null;
  /** What that signature is over; null where it has none of its own. */
  readonly signed: SignedFile | null;
}

/** A repository, examined. */
export interface ExaminedRepository {
  /** What the key signed of its metadata; empty where there is no repository. */
  readonly signed: readonly SignedFile[];
  /** Everything that does not agree; paths are absolute. */
  readonly faults: readonly TreeFault[];
  /** The files of these names that lie there. */
  files(names: readonly string[]): Promise<ReadonlyMap<string, ExaminedFile>>;
}

/** Which repository. */
export interface ExaminedPlace {
  readonly release: Release;
  readonly repository: RepositoryName;
  /** Null for templates. */
  readonly distribution: Distribution | null;
}

/** Examines a repository, by the keys that `options.keys` has; nothing is changed. */
export async function examineRepository(
  options: RepositoriesOptions,
  { release, repository, distribution }: ExaminedPlace,
): Promise<ExaminedRepository> {
  const tree = new Tree(options);
  const place = placeOf(release, repository, distribution);
  const engine = tree.engine(place);
  const none = { signed: [], faults: [], files: async () => new Map<string, ExaminedFile>() };
  if (!engine.isThere(place)) return none;
  const where = tree.at([place.base, place.suite].filter((part) => part !== "").join("/"));
  try {
    const issuer = await issuerOf(tree, engine.signatureOf(place));
    if ("fault" in issuer) return { ...none, faults: [{ path: where, what: issuer.fault }] };
    const snapshot = engine.read(place);
    const judged = await engine.judge(snapshot, issuer.key);
    const faults = (await engine.check(snapshot, issuer.key)).map(({ path, what }) => ({ path: tree.at(path), what }));
    if (judged !== "absent" && judged.verdict !== null) faults.unshift({ path: where, what: judged.verdict });
    return {
      signed: signedFiles(tree, place),
      faults,
      files: (names) => examineFiles(tree, snapshot, issuer.key, names),
    };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { ...none, faults: [{ path: where, what: error.message }] };
  }
}

/** Examines an installation image, by the detached signature that lies beside it. */
export async function examineImage(options: RepositoriesOptions, path: string): Promise<ExaminedFile> {
  const tree = new Tree(options);
  const { disk } = options;
  const signature = disk.stat(`${path}.asc`) === null ? null : disk.read(`${path}.asc`);
  const issuer = await issuerOf(tree, signature);
  const good = signature !== null && "key" in issuer;
  const defect = good
    ? await tree.judge.detached(issuer.key, signature, path)
    : "has no good signature by a package key";
  const sha256 = sha256OfFile(path);
  const signed = { path, kind: "detach", sha256, madeAt: madeAt(tree, signature) } as const;
  return { path, sha256, listed: null, defect, signed };
}

function madeAt(tree: Tree, signature: Uint8Array | null): SignedFile["madeAt"] {
  return async () => (signature === null ? null : tree.judge.madeAt(signature));
}

async function issuerOf(tree: Tree, signature: Uint8Array | null): Promise<{ key: Fingerprint } | { fault: string }> {
  const issuer = signature === null ? null : await tree.judge.issuer(signature);
  if (issuer === null) return { fault: "has no good signature by a package key" };
  try {
    await tree.judge.certificate(issuer);
    return { key: issuer };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { fault: `is signed by ${issuer}, which is no package key` };
  }
}

/** The files of a repository that carry a signature, and what exactly was signed. */
function signedFiles(tree: Tree, { type, base, suite }: Place): SignedFile[] {
  const { disk } = tree.options;
  const read = (path: string): Buffer | null =>
    disk.stat(tree.at(path)) === null ? null : Buffer.from(disk.read(tree.at(path)));
  const detached = (path: string, signature: string): SignedFile[] => {
    const bytes = read(path);
    if (bytes === null) return [];
    return [{ path: tree.at(path), kind: "detach", sha256: sha256Of(bytes), madeAt: madeAt(tree, read(signature)) }];
  };
  switch (type) {
    case "rpm":
      return detached(`${base}/repodata/repomd.xml`, `${base}/repodata/repomd.xml.asc`);
    case "archlinux":
      return ["db", "files"].flatMap((kind) => detached(`${base}/${suite}.${kind}`, `${base}/${suite}.${kind}.sig`));
    case "deb": {
      const directory = `${base}/dists/${suite}`;
      const clear = read(`${directory}/InRelease`);
      const signature = `${directory}/Release.gpg`;
      const release = read(signature) === null ? [] : detached(`${directory}/Release`, signature);
      const path = tree.at(`${directory}/InRelease`);
      if (clear === null) return release;
      const sha256 = sha256Of(clearText(clear));
      return [{ path, kind: "clear", sha256, madeAt: madeAt(tree, clear) }, ...release];
    }
  }
}

/** The bytes that were sent to be clear-signed: the text with its last line feed, without the dashes that escape. */
function clearText(message: Buffer): Buffer {
  const form =
    /^-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [A-Z0-9]+\n)?\n([\s\S]*?)\n-----BEGIN PGP SIGNATURE-----\n/;
  const body = form.exec(message.toString("utf8"))?.[1] ?? "";
  return Buffer.from(`${body.replace(/^- /gm, "")}\n`);
}

async function examineFiles(
  tree: Tree,
  snapshot: Snapshot,
  key: Fingerprint,
  names: readonly string[],
): Promise<ReadonlyMap<string, ExaminedFile>> {
  const { place } = snapshot;
  const listed = new Map(snapshot.entries().flatMap((entry) => entry.files.map((file) => [file.file, file.sha256])));
  const paths = [...filesOnDisk(tree, snapshot, names)].map(([name, path]) => [name, tree.at(path)] as const);
  const packages = paths.filter(([name]) => !name.endsWith(".sig")).map(([, path]) => path);
  const verdicts = await tree.engine(place).judgePackages(packages, key);
  const found = new Map<string, ExaminedFile>();
  for (const [name, path] of paths) {
    const digest = sha256OfFile(path);
    const signed = signedOf(tree, place.type, path, digest);
    const defect = verdicts.get(path) ?? null;
    found.set(name, { path, sha256: digest, listed: listed.get(name) ?? null, defect, signed });
  }
  return found;
}

/** What a package's own signature is over: an rpm's header, an Arch package's whole file; Debian's have none. */
function signedOf(tree: Tree, type: Place["type"], path: string, digest: string): SignedFile | null {
  if (type === "archlinux") {
    if (path.endsWith(".sig")) return null;
    const { disk } = tree.options;
    const signature = disk.stat(`${path}.sig`) === null ? null : disk.read(`${path}.sig`);
    return { path, kind: "detach", sha256: digest, madeAt: madeAt(tree, signature) };
  }
  if (type !== "rpm" || !path.endsWith(".rpm")) return null;
  const header = signedHeader(beginning(path));
  if (header === null) return null;
  return { path, kind: "detach", sha256: header.sha256, madeAt: madeAt(tree, header.signature) };
}

/** As much of an rpm as its headers take; a template's payload has some GB. */
const headersAtMost = 64 << 20;

function beginning(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(Math.min(headersAtMost, fstatSync(file).size));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
