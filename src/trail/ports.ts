import type { CommitSha, Fingerprint } from "../domain/index.ts";
import type { Announcement } from "../formats/build-log/index.ts";
import type { SignedLine } from "../signed/index.ts";

/** A file that stands in a repository. */
export interface FoundFile {
  readonly path: string;
  readonly sha256: string;
}

/** A repository's metadata file that has to be signed, and what is wrong with its signature. */
export interface SignedMetadata extends FoundFile {
  readonly kind: "detach" | "clear";
  /** One sentence; null where the signature is good and by a package key. */
  readonly defect: string | null;
}

/** What an audit looks at; everything in it is offline. What is read from the logs repository has been proven to be what its commits say. */
export interface AuditEvidence {
  /** Every path of the branch. */
  readonly paths: readonly string[];
  /** Whether the commit is on the branch, and signed by the logs key. */
  isSignedOnBranch(commit: CommitSha): Promise<boolean>;
  /** A log as a commit has it, parts joined; null where it has none. Of the branch's head without a commit. */
  readLog(path: string, commit: CommitSha | null): Promise<Uint8Array | null>;
  /** Every announcement that a checkpoint of the branch names. */
  announcements(): Promise<readonly Announcement[]>;
  /** Which package key made this detached signature; null for none. */
  packageSigner(signature: Uint8Array, bytes: Uint8Array): Promise<Fingerprint | null>;
  /** The lines of a signed comment, as of a time; the error says what is wrong. */
  readComment(comment: string, at: Date): Promise<readonly SignedLine[] | string>;
  /** The files of that name in a release's repository. */
  findPackage(name: string, where: { release: string; distribution: string; repository: string }): readonly FoundFile[];
  /** The signed metadata of a repository; empty where it has none. */
  metadata(where: { release: string; distribution: string; repository: string }): Promise<readonly SignedMetadata[]>;
}
