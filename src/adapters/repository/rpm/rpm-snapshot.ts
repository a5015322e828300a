/** An rpm repository's metadata as it lies on the disk, each file checked against the hash that repomd.xml gives it. */
import { join } from "node:path";
import zlib, { gunzipSync } from "node:zlib";
import { AdapterError } from "../../../domain/index.ts";
import { type Chunk, chunkOf, readChunks } from "../../../formats/gzip/index.ts";
import {
  chunksOfList,
  elementsOf,
  type PackageList,
  parsePrimaryElement,
  parseRepomd,
  type Repomd,
  type RepomdData,
  readPackageList,
} from "../../../formats/rpm/index.ts";
import type { Disk } from "../../files/index.ts";
import { sha256Of } from "../digests.ts";
import type { Entry, Snapshot } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import { once } from "../once.ts";
import type { Place } from "../place.ts";

/** The three lists that hold an element a package. */
export const listTypes = ["primary", "filelists", "other"] as const;

/** One of {@link listTypes}. */
export type ListType = (typeof listTypes)[number];

/** The three lists of one moment. */
export type Lists = Readonly<Record<ListType, PackageList>>;

/** A snapshot that can be spliced. */
export interface RpmSnapshot extends Snapshot {
  /** Null where there is no metadata. */
  readonly repomd: Repomd | null;
  readonly repomdBytes: Buffer | null;
  readonly lists: Lists;
}

const roots: Readonly<Record<ListType, { readonly tag: string; readonly namespaces: string }>> = {
  primary: {
    tag: "metadata",
    namespaces: 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"',
  },
  filelists: { tag: "filelists", namespaces: 'xmlns="http://linux.duke.edu/metadata/filelists"' },
  other: { tag: "otherdata", namespaces: 'xmlns="http://linux.duke.edu/metadata/other"' },
};

/** A list without packages. */
function emptyList(type: ListType): PackageList {
  const { tag, namespaces } = roots[type];
  const head = `<?xml version="1.0" encoding="UTF-8"?>\n<${tag} ${namespaces} packages="0">\n`;
  return { head: chunkOf(Buffer.from(head)), body: [], tail: chunkOf(Buffer.from(`</${tag}>\n`)) };
}

/** A repository that has nothing yet. */
function emptyRpmSnapshot(place: Place): RpmSnapshot {
  const lists = { primary: emptyList("primary"), filelists: emptyList("filelists"), other: emptyList("other") };
  return { place, exists: false, identity: "", repomd: null, repomdBytes: null, lists, entries: () => [] };
}

/** Reads the metadata. Throws AdapterError `UNEXPECTED_ANSWER`, naming the file, where it is damaged. */
export function readRpmSnapshot(disk: Disk, cache: MetadataCache, root: string, place: Place): RpmSnapshot {
  const base = join(root, place.base);
  const repomdPath = join(base, "repodata/repomd.xml");
  if (disk.stat(repomdPath) === null) return emptyRpmSnapshot(place);
  const repomdBytes = disk.read(repomdPath);
  const repomd = damaged(repomdPath, () => parseRepomd(repomdBytes.toString("utf8")));
  const listOf = (type: ListType): PackageList => {
    const data = repomd.data.find((candidate) => candidate.type === type);
    if (data === undefined) throw new AdapterError("UNEXPECTED_ANSWER", `${repomdPath}: no ${type}`);
    const path = join(base, data.location);
    const read = (): PackageList => damaged(path, () => readPackageList(inflate(checked(disk, path, data), path)));
    return cache.get(`rpm ${data.checksum}`, read, chunksOfList);
  };
  const lists = { primary: listOf("primary"), filelists: listOf("filelists"), other: listOf("other") };
  const identity = sha256Of(repomdBytes);
  return { place, exists: true, identity, repomd, repomdBytes, lists, entries: once(() => entriesOf(lists.primary)) };
}

function damaged<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    throw new AdapterError(
      "UNEXPECTED_ANSWER",
      `${path} is damaged: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** The file's bytes, if they have the size and the hash that the signed file above them says. */
export function checked(disk: Disk, path: string, data: RepomdData): Buffer {
  const bytes = disk.read(path);
  if ((data.size >= 0 && bytes.length !== data.size) || sha256Of(bytes) !== data.checksum) {
    throw new AdapterError("UNEXPECTED_ANSWER", `${path} is not what repomd.xml says`);
  }
  return bytes;
}

/** Looked up when it is needed: Node before 22.15 starts without it, and most repositories need none. */
function unzstd(bytes: Uint8Array): Buffer {
  if (typeof zlib.zstdDecompressSync !== "function") {
    throw new AdapterError("TOOL_MISSING", "metadata in zstd needs Node 22.15 or newer");
  }
  return zlib.zstdDecompressSync(bytes);
}

/** createrepo_c writes gzip unless told otherwise; newer ones zstd. */
function inflate(bytes: Buffer, path: string): Chunk[] {
  if (path.endsWith(".gz")) return readChunks(bytes);
  if (path.endsWith(".zst")) return [chunkOf(unzstd(bytes))];
  if (path.endsWith(".xml")) return [chunkOf(bytes)];
  throw new AdapterError("UNEXPECTED_ANSWER", `${path} is neither .gz, .zst nor .xml`);
}

/** What a metadata file inflates to, for checking what repomd.xml says of that; null for other tools' packings (bzip2, xz). */
export function inflated(bytes: Buffer, path: string): Buffer | null {
  if (path.endsWith(".gz")) return gunzipSync(bytes);
  if (path.endsWith(".zst")) return unzstd(bytes);
  return path.endsWith(".xml") ? bytes : null;
}

const described = new WeakMap<Chunk, readonly Entry[]>();

/** The entries of a list, found once for each chunk that it shares with its predecessors. */
function entriesOf(primary: PackageList): readonly Entry[] {
  return primary.body.flatMap((chunk) => {
    const known = described.get(chunk);
    if (known !== undefined) return known;
    const made = elementsOf(chunk).map((element): Entry => {
      const one = parsePrimaryElement(element);
      const file = one.location.slice(one.location.lastIndexOf("/") + 1);
      return {
        name: one.name,
        arch: one.arch,
        version: one.version,
        source: one.source,
        files: [{ file, path: one.location, sha256: one.sha256, size: one.size }],
      };
    });
    described.set(chunk, made);
    return made;
  });
}

/** The element of one list that describes the package of that hash. Throws AdapterError `UNEXPECTED_ANSWER`. */
export function findElement(list: PackageList, pkgid: string): Buffer {
  for (const chunk of list.body) {
    if (!chunk.open.includes(pkgid)) continue;
    const found = elementsOf(chunk).find((element) => element.pkgid === pkgid);
    if (found !== undefined) return found.bytes;
  }
  throw new AdapterError("UNEXPECTED_ANSWER", `a list of packages has no element for ${pkgid}`);
}
