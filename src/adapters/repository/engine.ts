import type { Fingerprint, Sha256 } from "../../domain/index.ts";
import type { SignRequest } from "../../promotion/index.ts";
import type { Place } from "./place.ts";
import type { CommitFile } from "./transaction.ts";

/** A file of a package as its repository's metadata names it. */
export interface EntryFile {
  /** The base name. */
  readonly file: string;
  /** Relative to the repository's base. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly size: number;
}

/** One package of a repository's metadata: a binary package, or a source package with all its files. */
export interface Entry {
  readonly name: string;
  readonly arch: string;
  /** As the package's system writes it: `1:2.0-1.fc41`. */
  readonly version: string;
  /** The source package: rpm's file name, otherwise the name. */
  readonly source: string;
  readonly files: readonly [EntryFile, ...EntryFile[]];
}

/** A repository's metadata at one moment, its hashes checked. */
export interface Snapshot {
  readonly place: Place;
  /** False where there is no metadata yet. */
  readonly exists: boolean;
  /** By the SHA-256 of all that its signatures cover; "" where there is none. */
  readonly identity: string;
  entries(): readonly Entry[];
}

/** How far a repository's signature is asked for. */
export type SignatureCheck =
  /** Null where it is good, else what is wrong with it. */
  | { readonly verdict: string | null }
  /** There is no metadata. */
  | "absent";

/** Entries that come and go. */
export interface SnapshotChange {
  readonly add: readonly Entry[];
  /** Where `add` comes from; null where nothing is added. */
  readonly from: Snapshot | null;
  readonly remove: readonly Entry[];
}

/** What metadata is made with. */
export interface RenderContext {
  readonly now: Date;
  readonly signKey: Fingerprint;
  /** Base addresses of mirrors (`https://yum.qubes-os.org`): for the metalink. */
  readonly mirrors: readonly string[];
  /** Whether clients that meet the former metadata are to be helped on: not after a withdrawal. */
  readonly former: "offered" | "withdrawn";
}

/** New metadata, not yet signed. Paths are relative to the root. */
export interface Rendering {
  /** Hash-named files, in pieces: written before anything commits. */
  readonly files: readonly { readonly path: string; readonly bytes: readonly Uint8Array[] }[];
  /** What commits, in order; a signature stands where it belongs. */
  readonly commits: readonly (CommitFile | { readonly path: string; readonly signature: SignRequest })[];
  /** What {@link Snapshot.identity} will be once it is read again. */
  readonly identity: string;
  /** Every hash-named file that the new metadata refers to. */
  readonly refersTo: readonly string[];
  /** The same of the metadata that it takes the place of. */
  readonly formerlyReferredTo: readonly string[];
}

/** One kind of repository. */
export interface Engine {
  /** Whether there is metadata. */
  isThere(place: Place): boolean;
  /** Reads the metadata; throws AdapterError `UNEXPECTED_ANSWER` where it is damaged. */
  read(place: Place): Snapshot;
  /** Whether the metadata that was read is signed by the key, now. */
  judge(snapshot: Snapshot, key: Fingerprint): Promise<SignatureCheck>;
  /** What the signature over the metadata is, for asking whose it says to be; null where there is none. */
  signatureOf(place: Place): Uint8Array | null;
  /** Everything beyond the packages that must agree: hashes, sizes, further signatures by the key. Paths relative to the root. */
  check(
    snapshot: Snapshot,
    key: Fingerprint | null,
  ): Promise<readonly { readonly path: string; readonly what: string }[]>;
  /** What the packages' own signatures are worth, by file path (absolute); null where good. */
  judgePackages(paths: readonly string[], key: Fingerprint): Promise<ReadonlyMap<string, string | null>>;
  /** The metadata that the standard tool makes of new files (absolute paths), each where it belongs in that place. */
  describe(place: Place, files: readonly string[]): Promise<Snapshot>;
  /** Orders two versions of this kind. */
  compare(a: string, b: string): number;
  /** Entries that must go when `entry` comes: another version, where a repository holds but one. */
  replacedBy(snapshot: Snapshot, entry: Entry): readonly Entry[];
  /**
   * Does ahead what can be done of {@link render} when it is known only how many entries will be added. A plan waits for
   * other programs anyway; it decides nothing, and what turns out otherwise is done anew.
   */
  prepare?(snapshot: Snapshot, added: number): Promise<void>;
  /** Makes the new metadata. Where another database keeps the truth, that is changed here, and {@link settle} is called after. */
  render(snapshot: Snapshot, change: SnapshotChange, context: RenderContext): Rendering | Promise<Rendering>;
  /** The repository for whose change something was changed beside the tree that stands or falls with its metadata; null where nothing is open. */
  unsettled?(place: Place): Place | null;
  /** After a change, done or failed, and on the next start: settles what {@link unsettled} names. Throws AdapterError. */
  settle?(place: Place): Promise<void>;
}
