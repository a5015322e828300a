import { existsSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { Fingerprint } from "../../../domain/index.ts";
import { type Chunk, packedBytes } from "../../../formats/gzip/index.ts";
import {
  chunksOfDatabase,
  comparePacmanVersions,
  type PacmanPackage,
  packagesOf,
  spliceDatabase,
} from "../../../formats/pacman/index.ts";
import { type Disk, inScratch } from "../../files/index.ts";
import { needTool } from "../../signer/index.ts";
import { sha256Of, sha256OfFile } from "../digests.ts";
import type { Engine, Entry, RenderContext, Rendering, SignatureCheck, Snapshot, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { Place } from "../place.ts";
import type { SignatureJudge } from "../signatures.ts";
import {
  type ArchSnapshot,
  archIdentity,
  archSnapshot,
  hasUnsignedLists,
  type Kind,
  kinds,
  readArchFiles,
  sameArchFiles,
  signatureBeside,
} from "./arch-snapshot.ts";

const limitMs = 600_000;

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
    const files = readArchFiles(this.#disk, join(this.#root, place.base), place);
    const known = this.#latest.get(place.key);
    // The same databases: the same snapshot, whose packages are indexed already.
    if (files.bytes.db !== null && known !== undefined && sameArchFiles(known, files)) return known;
    const read = archSnapshot(this.#cache, place, files, hasUnsignedLists(files) ? null : files.bytes.files);
    this.#latest.set(place.key, read);
    return read;
  }

  /** Both databases are signed anew after a change: both must be signed before it, but for lists that are not gone on from. */
  async judge(snapshot: Snapshot, key: Fingerprint): Promise<SignatureCheck> {
    const { bytes, signatures, place } = snapshot as ArchSnapshot;
    if (bytes.db === null) return "absent";
    const verdictOf = async (kind: Kind): Promise<string | null> => {
      const [content, signature] = [bytes[kind], signatures[kind]];
      if (content === null) return null;
      return signature === null ? "it is not signed" : this.#judge.detachedBytes(key, signature, content);
    };
    const lists = hasUnsignedLists(snapshot as ArchSnapshot) ? null : verdictOf("files");
    const [database, files] = await Promise.all([verdictOf("db"), lists]);
    if (database !== null || files === null) return { verdict: database };
    const name = `${place.suite}.files`;
    return {
      verdict: `${name}: ${files} (find out who changed it; once ${name} is removed, the next change makes it anew from the packages)`,
    };
  }

  signatureOf(place: Place): Uint8Array | null {
    return signatureBeside(this.#disk, join(this.#root, place.base), place, "db");
  }

  async check(snapshot: Snapshot, key: Fingerprint | null): Promise<readonly { path: string; what: string }[]> {
    const { place, databases } = snapshot as ArchSnapshot;
    const path = `${place.base}/${place.suite}.files`;
    // Whether a signature that is there is good is for judge to say.
    if (hasUnsignedLists(snapshot as ArchSnapshot)) return key === null ? [] : [{ path, what: "it is not signed" }];
    const keys = (kind: Kind): string => databases[kind]().flatMap(packagesOf).map(keyOf).sort().join("\n");
    if (keys("db") === keys("files")) return [];
    return [{ path, what: "does not list the packages that the database lists" }];
  }

  async judgePackages(paths: readonly string[], key: Fingerprint): Promise<ReadonlyMap<string, string | null>> {
    const judged = paths.map(async (path): Promise<[string, string | null]> => {
      const signature = `${path}.sig`;
      if (this.#disk.stat(signature) === null) return [path, "it is not signed"];
      return [path, await this.#judge.detached(key, this.#disk.read(signature), path)];
    });
    return new Map(await Promise.all(judged));
  }

  async describe(place: Place, files: readonly string[]): Promise<ArchSnapshot> {
    return inScratch("repo-add", async (work) => {
      const packages = files.filter((file) => !file.endsWith(".sig"));
      for (const file of packages) {
        symlinkSync(file, join(work, basename(file)));
        // repo-add takes the signature into the database where it lies beside the package.
        if (existsSync(`${file}.sig`)) symlinkSync(`${file}.sig`, join(work, `${basename(file)}.sig`));
      }
      const database = join(work, `${place.suite}.db.tar.gz`);
      const names = packages.map((file) => join(work, basename(file)));
      if (names.length > 0) {
        // It has a work directory of its own, which it leaves when it is killed.
        const environment = { TMPDIR: work };
        const args = ["--quiet", database, ...names];
        await needTool({ program: "repo-add", args, directory: work, environment, limitMs });
      }
      const made = readArchFiles(this.#disk, work, place);
      return archSnapshot(this.#cache, place, made, made.bytes.files);
    });
  }

  compare(a: string, b: string): number {
    return comparePacmanVersions(a, b);
  }

  /** A database holds one version of a package. */
  replacedBy(snapshot: Snapshot, entry: Entry): readonly Entry[] {
    return snapshot.entries().filter((other) => other.name === entry.name);
  }

  async render(before: Snapshot, change: SnapshotChange, context: RenderContext): Promise<Rendering> {
    const snapshot = before as ArchSnapshot;
    const { place } = snapshot;
    const source = change.from as ArchSnapshot | null;
    const database = spliceDatabase(snapshot.databases.db(), {
      remove: new Set(change.remove.map((entry) => entry.name)),
      add: change.add.flatMap((entry) => source?.packageOf("db", entry.name) ?? []),
    });
    const spliced = { db: database, files: await this.#listsFor(database, snapshot, source) };
    const made = kinds.map((kind) => {
      const chunks = spliced[kind];
      const bytes = packedBytes(chunksOfDatabase(chunks));
      const sha256 = sha256Of(bytes);
      this.#cache.put(`arch ${sha256}`, { chunks }, chunks);
      return { name: `${place.suite}.${kind}`, kind, bytes, sha256 };
    });
    const commits = made.flatMap(({ name, bytes }): Rendering["commits"][number][] => {
      const signed = { kind: "detach", encoding: "binary", key: context.signKey, name, bytes } as const;
      return [
        { path: `${place.base}/${name}.sig`, signature: signed },
        { path: `${place.base}/${name}`, bytes },
        // repo-add's own names for the same: builder v2 goes on from these.
        { path: `${place.base}/${name}.tar.gz`, sameAs: `${place.base}/${name}` },
      ];
    });
    const [db, files] = made.map(({ sha256 }) => sha256);
    const identity = archIdentity({ db: db ?? "", files: files ?? "" });
    return { files: [], commits, identity, refersTo: [], formerlyReferredTo: [] };
  }

  /**
   * The lists of files of exactly the packages that the database lists: those that stand, those of the source, and what
   * neither has (as nobody signed it) from the packages themselves. A package that is not there, or is not the one that
   * the database lists, has none: nothing vouches for it, and check names it.
   */
  async #listsFor(
    database: readonly Chunk[],
    snapshot: ArchSnapshot,
    source: ArchSnapshot | null,
  ): Promise<readonly Chunk[]> {
    const wanted = database.flatMap(packagesOf);
    const there = snapshot.databases.files().flatMap(packagesOf);
    const keys = new Set(wanted.map(keyOf));
    const stays = new Set(there.map(keyOf).filter((key) => keys.has(key)));
    const comes = wanted.filter((one) => !stays.has(keyOf(one)));
    const known = new Map(
      comes.flatMap(({ name }) => source?.packageOf("files", name) ?? []).map((one) => [keyOf(one), one]),
    );
    const lacking = comes.filter((one) => !known.has(keyOf(one)));
    for (const one of await this.#listed(lacking, [snapshot, ...(source === null ? [] : [source])])) {
      known.set(keyOf(one), one);
    }
    return spliceDatabase(snapshot.databases.files(), {
      remove: new Set(there.filter((one) => !stays.has(keyOf(one))).map(({ name }) => name)),
      add: comes.flatMap((one) => known.get(keyOf(one)) ?? []),
    });
  }

  /** The same packages with their lists of files, as repo-add makes them. */
  async #listed(packages: readonly PacmanPackage[], from: readonly ArchSnapshot[]): Promise<readonly PacmanPackage[]> {
    const paths = packages.flatMap(({ file, sha256 }) => {
      const places = from.map(({ place }) => join(this.#root, place.base, file));
      return places.find((path) => this.#disk.stat(path) !== null && sha256OfFile(path) === sha256) ?? [];
    });
    const [first] = from;
    if (first === undefined || paths.length === 0) return [];
    return (await this.describe(first.place, paths)).databases.files().flatMap(packagesOf);
  }
}

/** What a package is the same by in both databases. */
function keyOf({ file, sha256 }: PacmanPackage): string {
  return `${file} ${sha256}`;
}
