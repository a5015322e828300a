import type { DistributionName } from "./distribution.ts";
import type { CommitSha, ComponentName, QubeName, Release, TraceId } from "./names.ts";
import type { Refusal } from "./refusal.ts";
import type { RepositoryName } from "./repository-name.ts";
import type { Subject } from "./subject.ts";

/** The git history that a status issue's body shows. All of it is other people's text. */
export interface SourceHistory {
  /** Where the source was fetched from, for links: `https://github.com/QubesOS/qubes-core-admin`. */
  readonly url: string;
  /** The commit that last stood in `current`, null where none did. */
  readonly previous: CommitSha | null;
  /** Newest first: the commits after `previous`. `body` is the whole message after the subject line. */
  readonly commits: readonly { readonly sha: CommitSha; readonly subject: string; readonly body: string }[];
}

interface EventBase {
  /** Unique and stable for one fact: the delivery's idempotence key (`[a-z0-9-]{1,64}`). */
  readonly id: string;
  readonly trace: TraceId | null;
  readonly subject: Subject;
  /** The environment (build qube) that says so. */
  readonly environment: QubeName;
  readonly at: Date;
}

/** Who ordered something by hand in the build qube itself, and why: an operator's own words, other people's text to us. */
export interface ByHand {
  readonly operator: string;
  readonly reason: string;
}

/** The build's log as the log service named it, parsed; null where there is none. */
export type LogPath = string & { readonly logPath: true };

/** What happened to a subject; each becomes labels and, mostly, a comment on its status issue. */
export type StatusEvent = EventBase &
  (
    | {
        /** A version is worked on for the first time: the issue is to exist. */
        readonly type: "announced";
        readonly history: SourceHistory | null;
        /** This builder's own distributions, for the command lines that the body offers. */
        readonly distributions: readonly DistributionName[];
        readonly minAgeDays: number;
      }
    | { readonly type: "building"; readonly distribution: DistributionName | null }
    | { readonly type: "built"; readonly distribution: DistributionName | null; readonly log: LogPath | null }
    | {
        readonly type: "failed";
        readonly distribution: DistributionName | null;
        /** Which stage: `fetch`, `build`, `sign`, … */
        readonly stage: string;
        readonly reason: string;
        /** The end of the log, raw; the report shortens and escapes it. */
        readonly logTail: string;
        readonly log: LogPath | null;
      }
    | {
        readonly type: "uploaded";
        readonly distribution: DistributionName | null;
        readonly repository: RepositoryName;
        readonly log: LogPath | null;
        /** For a promotion: the digest of the plan that was applied. */
        readonly plan: string | null;
        /** For the issues repository: the history between the version there before and this one. */
        readonly history: SourceHistory | null;
        /** Where an operator ordered it by hand, before its time: told with it, always. */
        readonly byHand?: ByHand;
      }
    | {
        readonly type: "upload-failed";
        readonly distribution: DistributionName | null;
        readonly repository: RepositoryName;
        readonly reason: string;
        readonly log: LogPath | null;
      }
    | { readonly type: "source-refused"; readonly reason: string }
    | {
        /** An installation image is being tested; `url`: where the results will stand, absolute. */
        readonly type: "tests-started";
        readonly url: string;
      }
    | {
        readonly type: "withdrawn";
        readonly distribution: DistributionName;
        readonly repository: RepositoryName;
        readonly plan: string;
      }
  );

/** Where a signed command was posted, once the agent has fetched the comment itself and found the block in it. */
export interface CommentPlace {
  readonly issue: number;
  readonly comment: number;
}

/** One command line's outcome, as the answer tells it. */
export interface LineOutcome {
  readonly line: string;
  readonly outcome:
    | { readonly kind: "done"; readonly summary: string }
    | { readonly kind: "failed"; readonly reason: string }
    | { readonly kind: "refused"; readonly refusal: Refusal };
}

/** The one comment that answers a signed message, or its reactions. */
export interface Answer {
  readonly id: string;
  readonly trace: TraceId;
  readonly environment: QubeName;
  /** Null where the comment's place is not proven: the answer then goes to the subject's status issue. */
  readonly place: CommentPlace | null;
  readonly subject: { readonly release: Release; readonly component: ComponentName } | null;
  readonly lines: readonly LineOutcome[];
}

/** A reaction on the comment that carried a command. */
export interface Reaction {
  readonly id: string;
  readonly place: CommentPlace;
  readonly content: "eyes" | "rocket" | "-1" | "confused";
}

/** Everything that the agent has to tell GitHub. */
export type Report =
  | { readonly kind: "status"; readonly event: StatusEvent }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "reaction"; readonly reaction: Reaction };
