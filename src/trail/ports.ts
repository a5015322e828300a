import type { CommitSha, Fingerprint } from "../domain/index.ts";
import type { Announcement } from "../formats/build-log/index.ts";
import type { SignedLine } from "../signed/index.ts";
import type { LogMode } from "./log-mode.ts";

/** Bytes that a package key has signed, as the announcement of that has to name them. */
export interface SignedBytes {
  /** The file that they are, or are the signed part of. */
  readonly path: string;
  readonly kind: "detach" | "clear";
  readonly sha256: string;
  /** When the signature says that it was made; null where it does not. */
  readonly madeAt: () => Promise<Date | null>;
}

/** A package file as it lies in a repository. */
export interface FoundFile {
  readonly path: string;
  readonly sha256: string;
  /** What the signed metadata says of it; null where it lists no such file. */
  readonly listed: string | null;
  /** What is wrong with the package's own signature; null where it is good, or its kind carries none. */
  readonly defect: string | null;
  /** What that signature is over; null where it has none of its own. */
  readonly signed: SignedBytes | null;
}

/** Where a deed took place. */
export interface DeedPlace {
  readonly release: string;
  readonly repository: string;
  /** Null for templates and images. */
  readonly distribution: string | null;
}

/** A repository's metadata and packages, found by name. */
export interface ExaminedPlace {
  readonly signed: readonly SignedBytes[];
  /** What does not agree: a signature, a hash, a file that is missing. */
  readonly faults: readonly { readonly path: string; readonly what: string }[];
  files(names: readonly string[]): Promise<ReadonlyMap<string, FoundFile>>;
}

/** What an audit looks at; everything in it is offline. What is read from the logs repository has been proven to be what its commits say. */
export interface AuditEvidence {
  /** Which environments' gates run in `mode: log`; none unless the auditor says so. */
  readonly logMode: LogMode;
  /** Every path of the branch. */
  readonly paths: readonly string[];
  /** Whether the commit is on the branch, and signed by the logs key. */
  isSignedOnBranch(commit: CommitSha): Promise<boolean>;
  /** A log as a commit has it, parts joined; null where it has none. Of the branch's head without a commit. */
  readLog(path: string, commit: CommitSha | null): Promise<Uint8Array | null>;
  /** Which package key made this detached signature; null for none. */
  packageSigner(signature: Uint8Array, bytes: Uint8Array): Promise<Fingerprint | null>;
  /** The lines of a signed comment, as of a time; the error says what is wrong. */
  readComment(comment: string, at: Date): Promise<readonly SignedLine[] | string>;
  /** Under every root that has such a repository. */
  examine(place: DeedPlace): Promise<ExaminedPlace>;
}

/** An announcement, and the log whose checkpoint names it. */
export interface FoundAnnouncement extends Announcement {
  readonly log: string;
}
