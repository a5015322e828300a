/** A debian suite's metadata as it lies on the disk, each index checked against the hash that Release gives it. */
import { join } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import {
  type IndexedPackage,
  parsePackagesStanza,
  parseRelease822,
  parseSourcesStanza,
  type ReleaseFile,
  readStanzaList,
  stanzasOf,
} from "../../../formats/deb822/index.ts";
import { type Chunk, chunkOf, readChunks } from "../../../formats/gzip/index.ts";
import type { Disk } from "../../files/index.ts";
import { sha256Of } from "../digests.ts";
import type { Entry, EntryFile, Snapshot } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import { once } from "../once.ts";
import type { Place } from "../place.ts";

/** An index of a suite, relative to it, without its ending: `main/binary-amd64/Packages`, `main/source/Sources`. */
export type IndexPath = string;

/** The suite's one component, as Qubes has it. */
export const component = "main";
/** The index of the source packages. */
export const sourcesPath: IndexPath = `${component}/source/Sources`;

/** The index of an architecture's packages. */
export function packagesPath(arch: string): IndexPath {
  return `${component}/binary-${arch}/Packages`;
}

/** A snapshot that can be spliced. */
export interface DebSnapshot extends Snapshot {
  /** Null where there is no metadata. */
  readonly release: ReleaseFile | null;
  readonly indices: ReadonlyMap<IndexPath, readonly Chunk[]>;
  /** Where a described file lies now, by its path in the archive; null for a suite's own. */
  origin(path: string): string | null;
  /** The stanza of an entry, and the indices in which it stands. */
  stanzaOf(entry: Entry): { readonly stanza: Buffer; readonly indices: readonly IndexPath[] };
}

/** A stanza of a chunk, understood. */
interface Described {
  readonly stanza: Buffer;
  readonly entry: Entry;
}

const described = new WeakMap<Chunk, readonly Described[]>();

function describe(path: IndexPath, chunk: Chunk): readonly Described[] {
  const known = described.get(chunk);
  if (known !== undefined) return known;
  const parse = path === sourcesPath ? parseSourcesStanza : parsePackagesStanza;
  const made = stanzasOf(chunk).map((stanza) => ({ stanza, entry: entryOf(parse(stanza)) }));
  described.set(chunk, made);
  return made;
}

function entryOf(one: IndexedPackage): Entry {
  const files = one.files.map(
    (file): EntryFile => ({ ...file, file: file.path.slice(file.path.lastIndexOf("/") + 1) }),
  );
  // The .dsc names the others: it is the file that a source package is known by.
  files.sort((a, b) => Number(b.file.endsWith(".dsc")) - Number(a.file.endsWith(".dsc")));
  const [first, ...rest] = files;
  if (first === undefined) throw new RangeError(`Sources: ${one.name} has no files`);
  return { name: one.name, arch: one.arch, version: one.version, source: one.source, files: [first, ...rest] };
}

/** A snapshot over these indices. */
export function debSnapshot(
  place: Place,
  parsed: { readonly release: ReleaseFile; readonly identity: string } | null,
  indices: ReadonlyMap<IndexPath, readonly Chunk[]>,
  origins: ReadonlyMap<string, string> = new Map(),
): DebSnapshot {
  const isPlain = [...indices.keys()].filter((path) => path !== sourcesPath).length < 2;
  let found: Map<Entry, { stanza: Buffer; indices: IndexPath[] }> | null = null;
  const index = (): Map<Entry, { stanza: Buffer; indices: IndexPath[] }> => {
    if (found !== null) return found;
    found = new Map();
    // An `Architecture: all` package stands in each architecture's index: one entry, by its file and version.
    const seen = new Map<string, { stanza: Buffer; indices: IndexPath[] }>();
    for (const [path, chunks] of indices) {
      for (const { stanza, entry } of chunks.flatMap((chunk) => describe(path, chunk))) {
        const key = `${entry.arch} ${entry.files[0].path}`;
        const known = seen.get(key);
        if (known !== undefined) {
          known.indices.push(path);
          if (isPlain) found.set(entry, known);
        } else {
          const made = { stanza, indices: [path] };
          seen.set(key, made);
          found.set(entry, made);
        }
      }
    }
    return found;
  };
  // With one architecture nothing stands twice: no entry need be looked up by its file.
  const entries = once(() => {
    if (!isPlain) return [...index().keys()];
    return [...indices].flatMap(([path, chunks]) =>
      chunks.flatMap((chunk) => describe(path, chunk).map(({ entry }) => entry)),
    );
  });
  return {
    place,
    exists: parsed !== null,
    identity: parsed?.identity ?? "",
    release: parsed?.release ?? null,
    indices,
    entries,
    origin: (path) => origins.get(path) ?? null,
    stanzaOf: (entry) => {
      const known = index().get(entry);
      if (known === undefined) throw new AdapterError("UNEXPECTED_ANSWER", `${place.suite} has no ${entry.name}`);
      return known;
    },
  };
}

/** The Release text that clients go by: InRelease's where it is there; the signature is judged apart. */
export function releaseText(disk: Disk, directory: string): string | null {
  const inRelease = join(directory, "InRelease");
  if (disk.stat(inRelease) !== null) return clearText(disk.read(inRelease).toString("utf8"));
  const release = join(directory, "Release");
  return disk.stat(release) === null ? null : disk.read(release).toString("utf8");
}

/** RFC 9580, 7: what a clear-signed message says, dash-escaping taken back. */
function clearText(message: string): string {
  const body =
    /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[A-Za-z]+:[^\n]*\n)*\r?\n([\s\S]*?)\n-----BEGIN PGP SIGNATURE-----/.exec(
      message,
    )?.[1];
  if (body === undefined) throw new AdapterError("UNEXPECTED_ANSWER", "InRelease is no clear-signed message");
  return `${body.replace(/^- /gm, "")}\n`;
}

/** Reads the metadata. Throws AdapterError `UNEXPECTED_ANSWER`, naming the file, where it is damaged. */
export function readDebSnapshot(
  disk: Disk,
  cache: MetadataCache,
  root: string,
  place: Place,
  dists = join(root, place.base, "dists"),
): DebSnapshot {
  const directory = join(dists, place.suite);
  const text = releaseText(disk, directory);
  if (text === null) return debSnapshot(place, null, new Map());
  try {
    const release = parseRelease822(text);
    const indices = new Map<IndexPath, readonly Chunk[]>();
    for (const { path, sha256, size } of release.entries) {
      const index = /^(main\/(?:binary-[a-z0-9]+\/Packages|source\/Sources))\.gz$/.exec(path)?.[1];
      if (index === undefined) continue;
      const read = (): { chunks: readonly Chunk[] } => ({
        chunks: readStanzaList(readChunks(readIndex(disk, directory, { path, sha256, size }))),
      });
      indices.set(index, cache.get(`deb ${index} ${sha256}`, read, (value) => value.chunks).chunks);
    }
    return debSnapshot(place, { release, identity: sha256Of(Buffer.from(text)) }, indices);
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    throw new AdapterError(
      "UNEXPECTED_ANSWER",
      `${directory} is damaged: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** An index by its hash where it lies under that, else by its name; its bytes checked. */
function readIndex(
  disk: Disk,
  directory: string,
  entry: { readonly path: string; readonly sha256: string; readonly size: number },
): Buffer {
  const folder = entry.path.slice(0, entry.path.lastIndexOf("/"));
  const byHash = join(directory, folder, "by-hash/SHA256", entry.sha256);
  const path = disk.stat(byHash) === null ? join(directory, entry.path) : byHash;
  const bytes = disk.read(path);
  if (bytes.length !== entry.size || sha256Of(bytes) !== entry.sha256) {
    throw new AdapterError("UNEXPECTED_ANSWER", `${path} is not what Release says`);
  }
  return bytes;
}

/** A list of stanzas from plain text, as dpkg-scanpackages prints it. */
export function chunksOfText(text: Buffer): readonly Chunk[] {
  return text.length === 0 ? [] : readStanzaList([chunkOf(text)]);
}
