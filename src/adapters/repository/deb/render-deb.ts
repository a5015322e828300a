/** New metadata for a debian suite: the indices spliced, each under its hash and under its name. */
import {
  type ReleaseEntry,
  type ReleaseFile,
  renderRelease,
  spliceStanzaList,
  stanzasOf,
} from "../../../formats/deb822/index.ts";
import { type Chunk, chunkOf, openPieces, packedPieces } from "../../../formats/gzip/index.ts";
import { lengthOf, OpenDigest, sha256Of, sha256OfPieces } from "../digests.ts";
import type { RenderContext, Rendering, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import { component, type DebSnapshot, type IndexPath, packagesPath, sourcesPath } from "./deb-snapshot.ts";

interface Parts {
  readonly cache: MetadataCache;
  readonly begun: BegunIndices;
}

/** Digests over all but the last chunk of indices, by path: most changes add to the end. */
export type BegunIndices = Map<string, OpenDigest>;

/** Makes the new metadata. */
export function renderDeb(
  parts: Parts,
  snapshot: DebSnapshot,
  change: SnapshotChange,
  context: RenderContext,
): Rendering {
  return renderIndices(parts, snapshot, spliceIndices(snapshot, change), context);
}

/** Makes the metadata around indices that are made already. */
export function renderIndices(
  { cache, begun }: Parts,
  snapshot: DebSnapshot,
  indices: ReadonlyMap<IndexPath, readonly Chunk[]>,
  context: RenderContext,
): Rendering {
  const { place } = snapshot;
  const directory = `${place.base}/dists/${place.suite}`;
  const made = [...indices].flatMap(([path, chunks]): readonly IndexFile[] => {
    // An empty file is no gzip file.
    const packed = packedPieces(chunks.length === 0 ? [chunkOf(Buffer.alloc(0))] : chunks);
    const sha256 = sha256OfPieces(packed);
    cache.put(`deb ${path} ${sha256}`, { chunks }, chunks);
    return [
      indexFile(directory, path, openPieces(chunks), digestOf(begun, `${directory}/${path}`, chunks)),
      indexFile(directory, `${path}.gz`, packed, sha256),
    ];
  });
  const release = Buffer.from(
    renderRelease(
      releaseFor(
        snapshot,
        indices,
        made.map((file) => file.entry),
        context,
      ),
    ),
  );
  const sign = { key: context.signKey, bytes: release, encoding: "armored" } as const;
  return {
    files: made.map((file) => ({ path: file.byHash, bytes: file.bytes })),
    commits: [
      // For clients that do not ask by hash. They can meet a state between these renames; apt asks by hash.
      ...made.map((file) => ({ path: `${directory}/${file.entry.path}`, sameAs: file.byHash })),
      { path: `${directory}/Release`, bytes: release },
      { path: `${directory}/Release.gpg`, signature: { ...sign, kind: "detach", name: `${place.key}_Release` } },
      { path: `${directory}/InRelease`, signature: { ...sign, kind: "clear", name: `${place.key}_InRelease` } },
    ],
    identity: sha256Of(release),
    refersTo: made.map((file) => file.byHash),
    formerlyReferredTo: (snapshot.release?.entries ?? []).map(({ path, sha256 }) =>
      byHashPath(directory, path, sha256),
    ),
  };
}

function spliceIndices(snapshot: DebSnapshot, change: SnapshotChange): Map<IndexPath, readonly Chunk[]> {
  const source = change.from as DebSnapshot | null;
  const added = change.add.map((entry) => ({ entry, stanza: source?.stanzaOf(entry).stanza ?? Buffer.alloc(0) }));
  const architectures = architecturesOf(snapshot, change);
  const result = new Map<IndexPath, readonly Chunk[]>();
  for (const path of [...architectures.map(packagesPath), sourcesPath]) {
    const belongs = (arch: string): boolean =>
      path === sourcesPath ? arch === "source" : path === packagesPath(arch) || arch === "all";
    const remove = new Set(
      change.remove.flatMap((entry) => {
        const { stanza, indices } = snapshot.stanzaOf(entry);
        return indices.includes(path) ? [stanza, ...sameStanzas(snapshot, path, stanza)] : [];
      }),
    );
    const add = added.filter(({ entry }) => belongs(entry.arch)).map(({ stanza }) => stanza);
    result.set(path, spliceStanzaList(snapshot.indices.get(path) ?? [], { remove, add }));
  }
  return result;
}

/** A stanza that stands in several indices is another Buffer in each. */
function sameStanzas(snapshot: DebSnapshot, path: IndexPath, stanza: Buffer): Buffer[] {
  return (snapshot.indices.get(path) ?? [])
    .filter((chunk) => chunk.open.includes(stanza))
    .flatMap(stanzasOf)
    .filter((candidate) => candidate.equals(stanza));
}

function architecturesOf(snapshot: DebSnapshot, change: SnapshotChange): string[] {
  const known = (snapshot.release?.architectures ?? ["amd64"]).filter((arch) => !["source", "all"].includes(arch));
  const needed = change.add.map((entry) => entry.arch).filter((arch) => !["source", "all"].includes(arch));
  return [...new Set([...known, ...needed])].sort();
}

interface IndexFile {
  readonly entry: ReleaseEntry;
  readonly byHash: string;
  readonly bytes: readonly Buffer[];
}

function indexFile(directory: string, path: string, bytes: readonly Buffer[], sha256: string): IndexFile {
  return { entry: { path, size: lengthOf(bytes), sha256 }, byHash: byHashPath(directory, path, sha256), bytes };
}

function digestOf(begun: BegunIndices, path: string, chunks: readonly Chunk[]): string {
  const stays = chunks.slice(0, -1);
  const known = begun.get(path);
  const digest = known?.begins(chunks) === true && known.length === stays.length ? known : new OpenDigest(stays);
  begun.set(path, digest);
  return digest.over(chunks);
}

function byHashPath(directory: string, path: string, sha256: string): string {
  return `${directory}/${path.slice(0, path.lastIndexOf("/"))}/by-hash/SHA256/${sha256}`;
}

function releaseFor(
  snapshot: DebSnapshot,
  indices: ReadonlyMap<IndexPath, readonly Chunk[]>,
  entries: readonly ReleaseEntry[],
  context: RenderContext,
): ReleaseFile {
  const { release, place } = snapshot;
  const built = [...indices.keys()].flatMap((path) => /binary-([a-z0-9]+)/.exec(path)?.[1] ?? []);
  return {
    origin: release?.origin ?? "Qubes OS",
    label: release?.label ?? "Qubes OS",
    suite: release?.suite ?? place.suite,
    codename: release?.codename ?? place.suite,
    date: context.now,
    architectures: [...built, "source"],
    components: [component],
    description: release?.description ?? `Qubes OS ${place.release} packages for ${place.suite}`,
    entries,
  };
}
