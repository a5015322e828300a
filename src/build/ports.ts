import type {
  CommitSha,
  ComponentName,
  Distribution,
  Fingerprint,
  LogPath,
  Release,
  Report,
  RepositoryName,
  Sha256,
  SourceHistory,
  TraceId,
} from "../domain/index.ts";
import type { Announcement } from "../formats/build-log/index.ts";
import type { BuilderConfiguration, ComponentConfiguration } from "../formats/builder-yml/index.ts";
import type { BuildRecord, StageName } from "./record.ts";

/** How a job ended, as its log's last lines say. */
export type LogOutcome = "done" | "failed";

/** The log of one job, open until the job has published; it leaves the qube line by line. */
export interface JobLog {
  /** The agent's own line: `> text`. */
  note(text: string): void;
  /** Raw output of a build: split at line feeds, each line prefixed, so that it can never begin with `> `. Applies back-pressure. */
  output(untrustedChunk: Uint8Array): Promise<void>;
  /** Writes `> sign KIND KEY sha256:HEX LENGTH NAME` as a line of its own. */
  announce(announcement: Announcement): Promise<void>;
  /** A unix socket on which `release-bot gpg-client` (env RELEASE_BOT_LOG_SOCKET) announces into this log. */
  readonly socketPath: string;
  /** The last 30 lines, at most 3,500 characters, raw. */
  tail(): string;
  /** Ends the log. Null where the log service did not answer in time or answered no path: the log is then lost or late, and that is said. */
  close(outcome: LogOutcome): Promise<LogPath | null>;
  /** Settles (never rejects) when the log service has gone away: what follows cannot be logged, so nothing may be signed. */
  readonly broken: Promise<string>;
}

/** Opens logs at the logs qube. */
export interface LogService {
  /**
   * `label` becomes part of the log's path (`[A-Za-z0-9_-]`); the log says which command it is for, if it is for one. Throws
   * AdapterError where no log can be had.
   */
  open(label: string, trace: TraceId | null): Promise<JobLog>;
}

/** What verifying a signature found. `signer` is the primary fingerprint of one of the keys that were given. */
export type SignatureFacts =
  | { readonly kind: "none" }
  | { readonly kind: "good"; readonly signer: Fingerprint }
  | { readonly kind: "bad"; readonly reason: string };

/** A tag of the remote that names the commit in question. All but `signature` is the remote's own claim. */
export interface TagFacts {
  /** The ref without `refs/tags/`. */
  readonly ref: string;
  /** The name inside the tag object; null for a lightweight tag, which has no object. */
  readonly objectName: string | null;
  /** False where the tag object names another object than the commit (another tag, say). */
  readonly namesCommit: boolean;
  readonly signature: SignatureFacts;
  /** Where the tag stood when it was first seen, if that was elsewhere. */
  readonly movedFrom: string | null;
}

/** Everything that the rules of verification look at. */
export interface SourceFacts {
  readonly commit: CommitSha;
  readonly tags: readonly TagFacts[];
  /** The commit's own signature. */
  readonly commitSignature: SignatureFacts;
}

/** A component's history as it was fetched. Nothing of it has been unpacked. */
export interface FetchedSource {
  /** The configured branch's commit at the remote. */
  readonly head: CommitSha;
  /** Tags and signatures at a commit, verified with exactly the component's maintainers' keys. */
  facts(commit: CommitSha): Promise<SourceFacts>;
  /** Whether `commit` is `ancestor` or descends from it; false too where the history does not know `ancestor`. */
  descends(commit: CommitSha, ancestor: CommitSha): Promise<boolean>;
  /** `git describe --match 'v*' --always`. */
  describe(commit: CommitSha): Promise<string>;
  history(previous: CommitSha | null, commit: CommitSha): Promise<SourceHistory>;
  /** One file's bytes as the commit has it; null where there is none, or no plain file (a symbolic link is none). */
  file(commit: CommitSha, path: string): Promise<Buffer | null>;
  /** The paths of the commit's plain files. */
  files(commit: CommitSha): Promise<readonly string[]>;
  /** When the commit was made, in seconds since the epoch: what reproducible builds take for now. */
  time(commit: CommitSha): Promise<number>;
  /** A tar.gz of the commit's files below `prefix/`, the same bytes each time. */
  archive(commit: CommitSha, prefix: string, file: string): Promise<void>;
  /** Unpacks the commit's files into an empty directory. */
  checkout(commit: CommitSha, directory: string): Promise<void>;
}

/** Where sources come from. */
export interface Sources {
  /** Brings the component's history up to date. Throws AdapterError (`UNREACHABLE`, `TIMEOUT`, `CONFIGURATION`: a key is missing). */
  fetch(component: ComponentConfiguration, builder: BuilderPlace, signal: AbortSignal): Promise<FetchedSource>;
}

/** A builder as a job needs it. */
export interface BuilderPlace {
  readonly directory: string;
  readonly configurationFile: string | null;
  readonly configuration: BuilderConfiguration;
}

/** One distribution of one component to build. */
export interface BuildTask {
  readonly builder: BuilderPlace;
  readonly component: ComponentConfiguration;
  readonly distribution: Distribution;
  readonly commit: CommitSha;
  /** What the tag or `git describe` says: `v4.3.12`. The author's text. */
  readonly version: string;
  readonly source: FetchedSource;
  readonly repository: RepositoryName;
  /** `published`: a crash came between publication and upload; only the upload is still to be done. */
  readonly begin: "start" | "published";
}

/** A package file that a build made and published. */
export interface PackageFile {
  /** Absolute while the build runs. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly size: number;
}

/** One step of a build. Throws AdapterError where it fails. Ends soon (TERM, 10 s, KILL) once the signal is aborted. */
export interface BackendStage {
  readonly name: StageName;
  run(signal: AbortSignal): Promise<void>;
}

/** One distribution's build under way. */
export interface BackendRun {
  /** In their order; `built` is reported after `build`, `uploaded` after the last. */
  readonly stages: readonly BackendStage[];
  /** What it made, signed where the stages have come that far. */
  packages(): Promise<readonly PackageFile[]>;
  /** Removes what only the build needed. */
  close(): Promise<void>;
}

/** Who builds: native, builder v2, builder v1. */
export interface Backend {
  /** Null where the component has packages for the distribution at this commit; else why not. */
  withoutPackages(task: BuildTask): Promise<string | null>;
  open(task: BuildTask, log: JobLog): Promise<BackendRun>;
}

/** What stands in a repository, as records and the tree have it. */
export interface StandingPackage {
  readonly repository: RepositoryName;
  readonly distribution: string;
  readonly commit: CommitSha | null;
}

/** What a build has to know of the published packages. */
export interface Shelf {
  standing(release: Release, component: ComponentName): Promise<readonly StandingPackage[]>;
}

/** Where a job's record is kept, and what earlier ones say. */
export interface BuildRecords {
  /** Durable when it resolves. One record a job; a later one replaces the earlier. */
  save(record: BuildRecord): Promise<void>;
  /** The record that an interrupted run of the same job left. */
  load(job: string): Promise<BuildRecord | null>;
  /** The newest commit of which a build was begun; what follows must descend from it. */
  lastBuilt(
    release: Release,
    component: ComponentName,
  ): Promise<{ readonly commit: CommitSha; readonly version: string } | null>;
}

/** What a build reaches of the world. */
export interface BuildPorts {
  readonly sources: Sources;
  readonly backend: Backend;
  readonly logs: LogService;
  readonly shelf: Shelf;
  readonly records: BuildRecords;
  readonly now: () => Date;
  /** Durable when it resolves; never waits for GitHub. */
  readonly report: (reports: readonly Report[]) => Promise<void>;
  /** Records the commit that the job works on. */
  readonly pin: (commit: CommitSha) => Promise<void>;
}
