/** New metadata for an rpm repository: the three lists spliced, all else carried over. */
import { hash } from "node:crypto";
import { join } from "node:path";
import { openPieces, packedPieces } from "../../../formats/gzip/index.ts";
import {
  beginningOfList,
  chunksOfList,
  isDerived,
  metalinkStates,
  metalinkUrls,
  parseRepomd,
  type RepomdData,
  type RepomdState,
  renderMetalink,
  renderRepomd,
  splicePackageList,
} from "../../../formats/rpm/index.ts";
import type { Disk } from "../../files/index.ts";
import { lengthOf, OpenDigest, sha256Of, sha256OfPieces } from "../digests.ts";
import type { RenderContext, Rendering, SnapshotChange } from "../engine.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { Place } from "../place.ts";
import { findElement, type ListType, listTypes, type RpmSnapshot } from "./rpm-snapshot.ts";

interface Parts {
  readonly disk: Disk;
  readonly root: string;
  readonly cache: MetadataCache;
  /** What was hashed ahead; null where nothing was. */
  readonly begun: BegunLists | null;
}

/** Digests over what the lists will begin with. */
export type BegunLists = Readonly<Record<ListType, OpenDigest>>;

interface MetadataFile {
  readonly data: RepomdData;
  readonly bytes: readonly Buffer[];
}

/** How long a client may meet the former repomd.xml at a mirror that is behind. */
const formerFor = 24 * 3600;

/** Goes over what the lists will begin with once that many packages have been added: most of what rendering them takes. */
export async function beginLists(snapshot: RpmSnapshot, added: number): Promise<BegunLists> {
  const begin = (type: ListType): Promise<OpenDigest> =>
    OpenDigest.inSteps(beginningOfList(snapshot.lists[type], added));
  return { primary: await begin("primary"), filelists: await begin("filelists"), other: await begin("other") };
}

/** Makes the new metadata. */
export function renderRpm(
  parts: Parts,
  snapshot: RpmSnapshot,
  change: SnapshotChange,
  context: RenderContext,
): Rendering {
  const { place } = snapshot;
  const timestamp = Math.floor(context.now.getTime() / 1000);
  const lists = listTypes.map((type) => spliceList(parts, snapshot, change, type, timestamp));
  const group = groupFile(parts, snapshot, timestamp);
  const listed = [...lists, ...(group === null ? [] : [group])];
  const made = new Set(listed.map((file) => file.data.type));
  const kept = (snapshot.repomd?.data ?? []).filter((data) => !made.has(data.type) && !isDerived(data.type));
  const data = [...listed.map((file) => file.data), ...kept];
  const repomd = Buffer.from(renderRepomd({ revision: String(timestamp), data }));
  const repodata = `${place.base}/repodata`;
  return {
    files: listed.map((file) => ({ path: `${place.base}/${file.data.location}`, bytes: file.bytes })),
    commits: [
      {
        path: `${repodata}/repomd.xml.metalink`,
        bytes: metalinkFor(parts, snapshot, repomd, timestamp, context),
      },
      {
        path: `${repodata}/repomd.xml.asc`,
        signature: {
          kind: "detach",
          encoding: "armored",
          key: context.signKey,
          name: `${place.key}_repomd.xml`,
          bytes: repomd,
        },
      },
      { path: `${repodata}/repomd.xml`, bytes: repomd },
    ],
    identity: sha256Of(repomd),
    refersTo: data.map((one) => `${place.base}/${one.location}`),
    formerlyReferredTo: (snapshot.repomd?.data ?? []).map((one) => `${place.base}/${one.location}`),
  };
}

function spliceList(
  { cache, begun }: Parts,
  snapshot: RpmSnapshot,
  change: SnapshotChange,
  type: ListType,
  timestamp: number,
): MetadataFile {
  const source = change.from as RpmSnapshot | null;
  const list = splicePackageList(snapshot.lists[type], {
    remove: new Set(change.remove.map((entry) => entry.files[0].sha256)),
    add: source === null ? [] : change.add.map((entry) => findElement(source.lists[type], entry.files[0].sha256)),
  });
  const chunks = chunksOfList(list);
  const bytes = packedPieces(chunks);
  const checksum = sha256OfPieces(bytes);
  cache.put(`rpm ${checksum}`, list, chunks);
  const ahead = begun?.[type];
  const digest = ahead?.begins(chunks) === true ? ahead : new OpenDigest(chunks);
  const data = {
    type,
    checksum,
    openChecksum: digest.over(chunks),
    location: `repodata/${checksum}-${type}.xml.gz`,
    timestamp,
    size: lengthOf(bytes),
    openSize: lengthOf(openPieces(chunks)),
  };
  return { data, bytes };
}

/**
 * comps.xml beside the packages of a new repository, where it is there: the groups that an installer shows. Of one that
 * stands the signed groups are carried over: whoever changed comps.xml on the disk would have us sign it.
 */
function groupFile(parts: Parts, snapshot: RpmSnapshot, timestamp: number): MetadataFile | null {
  if (snapshot.exists) return null;
  const path = join(parts.root, snapshot.place.base, "comps.xml");
  if (parts.disk.stat(path) === null) return null;
  const bytes = parts.disk.read(path);
  const checksum = sha256Of(bytes);
  const location = `repodata/${checksum}-comps.xml`;
  const size = bytes.length;
  return {
    data: { type: "group", checksum, openChecksum: null, location, timestamp, size, openSize: null },
    bytes: [bytes],
  };
}

function stateOf(repomd: Buffer): RepomdState {
  const { revision, data } = parseRepomd(repomd.toString("utf8"));
  const newest = Math.max(0, ...data.map((one) => one.timestamp));
  return {
    timestamp: /^[0-9]+$/.test(revision) ? Number(revision) : newest,
    size: repomd.length,
    md5: hash("md5", repomd),
    sha1: hash("sha1", repomd),
    sha256: hash("sha256", repomd),
    sha512: hash("sha512", repomd),
  };
}

function metalinkFor(
  parts: Parts,
  snapshot: RpmSnapshot,
  repomd: Buffer,
  timestamp: number,
  context: RenderContext,
): string {
  const { place, repomdBytes } = snapshot;
  const path = join(parts.root, place.base, "repodata/repomd.xml.metalink");
  const known = parts.disk.stat(path) === null ? "" : parts.disk.read(path).toString("utf8");
  const alternates =
    repomdBytes === null || context.former === "withdrawn" ? [] : formerStates(repomdBytes, known, timestamp);
  return renderMetalink({
    published: context.now,
    current: stateOf(repomd),
    alternates: alternates.filter((state) => state.sha256 !== sha256Of(repomd)),
    urls: context.mirrors.length > 0 ? context.mirrors.map((mirror) => mirrorUrl(mirror, place)) : metalinkUrls(known),
  });
}

/** The state that goes now, and those before it that were replaced less than a day ago. */
function formerStates(repomd: Buffer, metalink: string, now: number): RepomdState[] {
  const goes = stateOf(repomd);
  const [current, ...older] = metalinkStates(metalink);
  if (current?.sha256 !== goes.sha256) return [goes];
  const chain = [goes, ...older];
  return chain.filter((_, index) => now - (chain[index - 1]?.timestamp ?? now) <= formerFor);
}

/** The metalink without former states, once the state that stands has done so for a day; null while it is as it should be. */
export function agedMetalink(metalink: string, now: Date): string | null {
  const [current, ...former] = metalinkStates(metalink);
  if (current === undefined || former.length === 0) return null;
  if (now.getTime() / 1000 - current.timestamp <= formerFor) return null;
  return renderMetalink({ published: now, current, alternates: [], urls: metalinkUrls(metalink) });
}

/** Where a mirror has the repository's repomd.xml; below the release, as builder v2's upload puts it. */
function mirrorUrl(mirror: string, place: Place): string {
  return `${mirror.replace(/\/+$/, "")}/${place.base.slice("rpm/".length)}/repodata/repomd.xml`;
}
