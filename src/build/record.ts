import type {
  CommitSha,
  ComponentName,
  DistributionName,
  Fingerprint,
  LogPath,
  Release,
  RepositoryName,
  Sha256,
  TraceId,
} from "../domain/index.ts";

/** The steps of a build, as records, logs and reports name them. */
export type StageName = "fetch" | "log" | "prep" | "build" | "sign" | "publish" | "upload";

/** Who or what asked for a build. */
export type AskedBy =
  | { readonly kind: "push" }
  /** A version tag at the remote that no push announced. */
  | { readonly kind: "scan" }
  | { readonly kind: "command"; readonly signer: Fingerprint; readonly trace: TraceId | null }
  | { readonly kind: "operator" };

/** One step with its times (RFC 3339). */
export interface StageRecord {
  readonly stage: StageName;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Null: it succeeded (exit status 0); otherwise what went wrong, with the exit status. */
  readonly error: string | null;
}

/** What became of one distribution. */
export interface DistributionRecord {
  readonly distribution: DistributionName;
  readonly state: "waiting" | "skipped" | "building" | "uploaded" | "failed";
  /** Why skipped or failed; empty otherwise. */
  readonly reason: string;
  /** How often its build was started: once, and once more after a crash. */
  readonly attempts: number;
  readonly stages: readonly StageRecord[];
  /** File names without their directory. */
  readonly packages: readonly { readonly file: string; readonly sha256: Sha256; readonly size: number }[];
  readonly repository: RepositoryName | null;
  readonly log: LogPath | null;
}

/** A build's record, kept as JSON: what was asked, what was built from what, and how it went. */
export interface BuildRecord {
  readonly job: string;
  readonly trace: TraceId | null;
  readonly askedBy: AskedBy;
  readonly release: Release;
  readonly builder: string;
  readonly component: ComponentName;
  readonly commit: CommitSha | null;
  readonly version: string | null;
  /** The tag that was accepted, and all who signed for the commit; null where nothing was or had to be verified. */
  readonly signed: { readonly tag: string | null; readonly signers: readonly Fingerprint[] } | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly state: "running" | "done" | "failed" | "nothing";
  /** Why it failed, or why there was nothing to do. */
  readonly reason: string;
  readonly distributions: readonly DistributionRecord[];
}
