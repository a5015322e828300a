import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { AdapterError, type Fingerprint } from "../../../domain/index.ts";
import { type Chunk, packedBytes, readChunks } from "../../../formats/gzip/index.ts";
import {
  chunksOfDatabase,
  comparePacmanVersions,
  type PacmanPackage,
  packagesOf,
  readDatabase,
  spliceDatabase,
} from "../../../formats/pacman/index.ts";
import type { Disk } from "../../files/index.ts";
import { needTool } from "../../signer/index.ts";
import { sha256Of } from "../digests.ts";
import type { Engine, Entry, RenderContext, Rendering, SignatureCheck, Snapshot, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import { once } from "../once.ts";
import type { Place } from "../place.ts";
import type { SignatureJudge } from "../signatures.ts";

const limitMs = 600_000;

/** The two databases of a repository: what pacman installs from, and with file lists for `pacman -F`. */
const kinds = ["db", "files"] as const;
type Kind = (typeof kinds)[number];

interface ArchSnapshot extends Snapshot {
  /** Each is read when it is first asked for: a plan needs no file lists, and they are the longer half. */
  readonly databases: Readonly<Record<Kind, () => readonly Chunk[]>>;
  /** The bytes of the database that pacman installs from; null where there is none. */
  readonly bytes: Buffer | null;
  packageOf(kind: Kind, name: string): PacmanPackage | null;
}

/** pacman repositories: `repo-add` reads new packages, the tar is spliced, a binary signature stands under pacman's name. */
export class ArchEngine implements Engine {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #judge: SignatureJudge;
  readonly #cache: MetadataCache;
  readonly #latest = new Map<string, ArchSnapshot>();

  constructor(parts: { disk: Disk; root: string; judge: SignatureJudge; cache: MetadataCache }) {
    this.#disk = parts.disk;
    this.#root = parts.root;
    this.#judge = parts.judge;
    this.#cache = parts.cache;
  }

  isThere(place: Place): boolean {
    return this.#disk.stat(join(this.#root, place.base, `${place.suite}.db`)) !== null;
  }

  read(place: Place): ArchSnapshot {
    const directory = join(this.#root, place.base);
    const bytes = this.#bytesOf(directory, place, "db");
    const known = this.#latest.get(place.key);
    // The same database: the same snapshot, whose packages are indexed already.
    if (bytes !== null && known?.bytes?.equals(bytes) === true) return known;
    const read = this.#snapshotOf(place, directory, bytes);
    this.#latest.set(place.key, read);
    return read;
  }

  async judge(snapshot: Snapshot, key: Fingerprint): Promise<SignatureCheck> {
    const { bytes, place } = snapshot as ArchSnapshot;
    if (bytes === null) return "absent";
    const directory = join(this.#root, place.base);
    // Builder v2 signs under a name that pacman never asks for; its trees are taken over by that signature.
    for (const name of [`${place.suite}.db.sig`, `${place.suite}.db.tar.gz.sig`]) {
      const path = join(directory, name);
      if (this.#disk.stat(path) === null) continue;
      return { verdict: await this.#judge.detachedBytes(key, this.#disk.read(path), bytes) };
    }
    return { verdict: "it is not signed" };
  }

  signatureOf(place: Place): Uint8Array | null {
    const directory = join(this.#root, place.base);
    const names = [`${place.suite}.db.sig`, `${place.suite}.db.tar.gz.sig`];
    const path = names.map((name) => join(directory, name)).find((one) => this.#disk.stat(one) !== null);
    return path === undefined ? null : this.#disk.read(path);
  }

  async check(snapshot: Snapshot, key: Fingerprint | null): Promise<readonly { path: string; what: string }[]> {
    const { place, databases } = snapshot as ArchSnapshot;
    const faults: { path: string; what: string }[] = [];
    const path = `${place.base}/${place.suite}.files`;
    const keys = (kind: Kind): string =>
      databases[kind]()
        .flatMap(packagesOf)
        .map((one) => `${one.file} ${one.sha256}`)
        .sort()
        .join("\n");
    if (keys("db") !== keys("files")) faults.push({ path, what: "does not list the packages that the database lists" });
    const signature = join(this.#root, `${path}.sig`);
    const bytes = this.#bytesOf(join(this.#root, place.base), place, "files");
    if (key !== null && bytes !== null) {
      const isThere = this.#disk.stat(signature) !== null;
      const wrong = isThere
        ? await this.#judge.detachedBytes(key, this.#disk.read(signature), bytes)
        : "it is not signed";
      if (wrong !== null) faults.push({ path, what: wrong });
    }
    return faults;
  }

  async judgePackages(paths: readonly string[], key: Fingerprint): Promise<ReadonlyMap<string, string | null>> {
    const judged = paths.map(async (path): Promise<[string, string | null]> => {
      const signature = `${path}.sig`;
      if (this.#disk.stat(signature) === null) return [path, "it is not signed"];
      return [path, await this.#judge.detached(key, this.#disk.read(signature), path)];
    });
    return new Map(await Promise.all(judged));
  }

  async describe(place: Place, files: readonly string[]): Promise<Snapshot> {
    const work = mkdtempSync(join(tmpdir(), "rb-repo-add-"));
    try {
      const packages = files.filter((file) => !file.endsWith(".sig"));
      for (const file of packages) {
        symlinkSync(file, join(work, basename(file)));
        // repo-add takes the signature into the database where it lies beside the package.
        if (existsSync(`${file}.sig`)) symlinkSync(`${file}.sig`, join(work, `${basename(file)}.sig`));
      }
      const database = join(work, `${place.suite}.db.tar.gz`);
      const names = packages.map((file) => join(work, basename(file)));
      if (names.length > 0) {
        await needTool({ program: "repo-add", args: ["--quiet", database, ...names], directory: work, limitMs });
      }
      const read = this.#snapshotOf(place, work, this.#bytesOf(work, place, "db"));
      // The directory goes now: what lies in it is read before.
      for (const kind of kinds) read.databases[kind]();
      return read;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  compare(a: string, b: string): number {
    return comparePacmanVersions(a, b);
  }

  /** A database holds one version of a package. */
  replacedBy(snapshot: Snapshot, entry: Entry): readonly Entry[] {
    return snapshot.entries().filter((other) => other.name === entry.name);
  }

  render(snapshot: Snapshot, change: SnapshotChange, context: RenderContext): Rendering {
    const { databases, place } = snapshot as ArchSnapshot;
    const source = change.from as ArchSnapshot | null;
    const remove = new Set(change.remove.map((entry) => entry.name));
    let identity = "";
    const commits = kinds.flatMap((kind): Rendering["commits"][number][] => {
      const add = change.add.flatMap((entry) => source?.packageOf(kind, entry.name) ?? []);
      const chunks = spliceDatabase(databases[kind](), { remove, add });
      const bytes = packedBytes(chunksOfDatabase(chunks));
      const sha256 = sha256Of(bytes);
      if (kind === "db") identity = sha256;
      this.#cache.put(`arch ${sha256}`, { chunks }, chunks);
      const name = `${place.suite}.${kind}`;
      const signed = { kind: "detach", encoding: "binary", key: context.signKey, name, bytes } as const;
      return [
        { path: `${place.base}/${name}.sig`, signature: signed },
        { path: `${place.base}/${name}`, bytes },
        // repo-add's own names for the same: builder v2 goes on from these.
        { path: `${place.base}/${name}.tar.gz`, sameAs: `${place.base}/${name}` },
      ];
    });
    return { files: [], commits, identity, refersTo: [], formerlyReferredTo: [] };
  }

  #snapshotOf(place: Place, directory: string, bytes: Buffer | null): ArchSnapshot {
    const identity = bytes === null ? "" : sha256Of(bytes);
    const databases = {
      db: once(() => (bytes === null ? [] : this.#chunksOf(bytes, identity))),
      files: once(() => {
        const files = this.#bytesOf(directory, place, "files");
        return files === null ? [] : this.#chunksOf(files, sha256Of(files));
      }),
    };
    const index = (kind: Kind): (() => ReadonlyMap<string, PacmanPackage>) =>
      once(
        () =>
          new Map(
            databases[kind]()
              .flatMap(packagesOf)
              .map((one) => [one.name, one]),
          ),
      );
    const packages = { db: index("db"), files: index("files") };
    return {
      place,
      exists: bytes !== null,
      identity,
      databases,
      bytes,
      entries: once(() => databases.db().flatMap(entriesOf)),
      packageOf: (kind, name) => packages[kind]().get(name) ?? null,
    };
  }

  #bytesOf(directory: string, place: Place, kind: Kind): Buffer | null {
    const path = join(directory, `${place.suite}.${kind}`);
    return this.#disk.stat(path) === null ? null : this.#disk.read(path);
  }

  #chunksOf(bytes: Buffer, sha256: string): readonly Chunk[] {
    const read = (): { chunks: readonly Chunk[] } => {
      try {
        return { chunks: readDatabase(readChunks(bytes)) };
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        throw new AdapterError("UNEXPECTED_ANSWER", `a pacman database is damaged: ${what}`, error);
      }
    };
    return this.#cache.get(`arch ${sha256}`, read, (value) => value.chunks).chunks;
  }
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
