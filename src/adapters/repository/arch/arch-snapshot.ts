/** An Arch repository's two databases as they lie on the disk, with the signatures that lie beside them. */
import { join } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import { type Chunk, readChunks } from "../../../formats/gzip/index.ts";
import { type PacmanPackage, packagesOf, readDatabase } from "../../../formats/pacman/index.ts";
import type { Disk } from "../../files/index.ts";
import { sha256Of } from "../digests.ts";
import type { Entry, Snapshot } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import { once } from "../once.ts";
import type { Place } from "../place.ts";

/** The two databases of a repository: what pacman installs from, and with file lists for `pacman -F`. */
export const kinds = ["db", "files"] as const;
/** One of {@link kinds}. */
export type Kind = (typeof kinds)[number];

/** The databases and signatures as they lie there, nothing looked at yet; null where there is none. */
export interface ArchFiles {
  readonly bytes: Readonly<Record<Kind, Buffer | null>>;
  readonly signatures: Readonly<Record<Kind, Buffer | null>>;
}

/** A snapshot that can be spliced. */
export interface ArchSnapshot extends Snapshot, ArchFiles {
  /**
   * Each is read when it is first asked for: a plan needs no file lists, and they are the longer half. Lists that nobody
   * signed are as none: builder v2 leaves them unsigned, and whoever changed them would have ours signed.
   */
  readonly databases: Readonly<Record<Kind, () => readonly Chunk[]>>;
  packageOf(kind: Kind, name: string): PacmanPackage | null;
}

/** The signature over a database. Builder v2 signs under a name that pacman never asks for; its trees are taken over by that one. */
export function signatureBeside(disk: Disk, directory: string, place: Place, kind: Kind): Buffer | null {
  const names = [`${place.suite}.${kind}.sig`, `${place.suite}.${kind}.tar.gz.sig`];
  const path = names.map((name) => join(directory, name)).find((one) => disk.stat(one) !== null);
  return path === undefined ? null : disk.read(path);
}

/** Reads what lies in that directory. */
export function readArchFiles(disk: Disk, directory: string, place: Place): ArchFiles {
  const bytesOf = (kind: Kind): Buffer | null => {
    const path = join(directory, `${place.suite}.${kind}`);
    return disk.stat(path) === null ? null : disk.read(path);
  };
  const signatureOf = (kind: Kind): Buffer | null => signatureBeside(disk, directory, place, kind);
  return {
    bytes: { db: bytesOf("db"), files: bytesOf("files") },
    signatures: { db: signatureOf("db"), files: signatureOf("files") },
  };
}

/** Whether both are the same, byte for byte. */
export function sameArchFiles(a: ArchFiles, b: ArchFiles): boolean {
  const same = (left: Buffer | null, right: Buffer | null): boolean =>
    left === null || right === null ? left === right : left.equals(right);
  return kinds.every((kind) => same(a.bytes[kind], b.bytes[kind]) && same(a.signatures[kind], b.signatures[kind]));
}

/** Whether there are lists of files that nobody signed. */
export function hasUnsignedLists({ bytes, signatures }: ArchFiles): boolean {
  return bytes.files !== null && signatures.files === null;
}

/** What two databases are known by. */
export function archIdentity(digests: Readonly<Record<Kind, string>>): string {
  return `${digests.db} ${digests.files}`.trim();
}

/** A snapshot of what was read; `lists` says which list of files it goes by. */
export function archSnapshot(cache: MetadataCache, place: Place, files: ArchFiles, lists: Buffer | null): ArchSnapshot {
  const { bytes } = files;
  const digest = (content: Buffer | null): string => (content === null ? "" : sha256Of(content));
  const digests = { db: digest(bytes.db), files: digest(bytes.files) };
  const databases = {
    db: once(() => (bytes.db === null ? [] : chunksOf(cache, bytes.db, digests.db))),
    files: once(() => (lists === null ? [] : chunksOf(cache, lists, digests.files))),
  };
  const index = (kind: Kind): (() => ReadonlyMap<string, PacmanPackage>) =>
    once(() => new Map(databases[kind]().flatMap((chunk) => packagesOf(chunk).map((one) => [one.name, one]))));
  const packages = { db: index("db"), files: index("files") };
  return {
    ...files,
    place,
    exists: bytes.db !== null,
    identity: bytes.db === null ? "" : archIdentity(digests),
    databases,
    entries: once(() => databases.db().flatMap(entriesOf)),
    packageOf: (kind, name) => packages[kind]().get(name) ?? null,
  };
}

function chunksOf(cache: MetadataCache, bytes: Buffer, sha256: string): readonly Chunk[] {
  const read = (): { chunks: readonly Chunk[] } => {
    try {
      return { chunks: readDatabase(readChunks(bytes)) };
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new AdapterError("UNEXPECTED_ANSWER", `a pacman database is damaged: ${what}`, error);
    }
  };
  return cache.get(`arch ${sha256}`, read, (value) => value.chunks).chunks;
}

const described = new WeakMap<Chunk, readonly Entry[]>();

function entriesOf(chunk: Chunk): readonly Entry[] {
  const known = described.get(chunk);
  if (known !== undefined) return known;
  const made = packagesOf(chunk).map((one): Entry => {
    const file = { file: one.file, path: one.file, sha256: one.sha256, size: one.size };
    return { name: one.name, arch: one.arch, version: one.version, source: one.base, files: [file] };
  });
  described.set(chunk, made);
  return made;
}
