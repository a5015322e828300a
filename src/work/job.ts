import type { OrderScope } from "../authority/index.ts";
import type {
  ByHand,
  Command,
  CommitSha,
  ComponentName,
  DistributionName,
  Fingerprint,
  IsoVersion,
  Refusal,
  Report,
  TemplateName,
  Timestamp,
  TraceId,
  UploadComponent,
  UploadTemplate,
} from "../domain/index.ts";

/** A builder as its line in builders.list has it: `RELEASE=DIRECTORY=CONFIG`. The line is looked up again when the job starts. */
export type BuilderLine = string;

/** A push of a component's repository: fetch, and build what is new. */
export interface PushRequest {
  readonly kind: "push";
  readonly builder: BuilderLine;
  readonly component: ComponentName;
}

/** One line of a signed message, authorized for one builder. */
export interface CommandRequest {
  readonly kind: "command";
  readonly builder: BuilderLine;
  /** The line as it was signed. It is verified and authorized again when the job's turn comes. */
  readonly line: string;
  readonly command: Command;
  /** What counts as run once this has run: nothing signed earlier follows. */
  readonly scopes: readonly OrderScope[];
  readonly signer: Fingerprint;
  /** Milliseconds since the epoch, as the rest of a job's times. */
  readonly signedAt: number;
  /** When the command came in: a poll of GitHub begun later must succeed before a gated promotion applies. */
  readonly receivedAt: number;
  /** The message's key in the ledger and the line's number in it; null for work that an operator asked for by hand. */
  readonly message: { readonly key: string; readonly line: number } | null;
  /** What, beside its message, the ids of its reports are made from; absent where an earlier version queued it. */
  readonly run?: "first" | `again ${string}`;
}

/** What an operator asked for by hand in the build qube itself; nobody else can. */
export type OperatorWork =
  | {
      readonly kind: "component";
      readonly component: ComponentName;
      /** Null: what stands at the head of the branch. */
      readonly commit: CommitSha | null;
      /** Null: all of the builder's. */
      readonly distributions: readonly DistributionName[] | null;
    }
  | { readonly kind: "template"; readonly template: TemplateName; readonly timestamp: Timestamp }
  | {
      readonly kind: "iso";
      readonly version: IsoVersion;
      readonly timestamp: Timestamp;
      readonly release: "testing" | "final";
    }
  | OperatorPromotion;

/** An urgent fix that goes to `current`, or a template to its repository, before its time: `release-bot promote --local`. Only the age rule is set aside. */
export interface OperatorPromotion {
  readonly kind: "promotion";
  /** What a signed command would say. */
  readonly line: string;
  readonly command: UploadComponent | UploadTemplate;
  /** As of a signed command: nothing signed before `orderedAt` follows it. */
  readonly scopes: readonly OrderScope[];
  /** Milliseconds since the epoch. */
  readonly orderedAt: number;
  readonly byHand: ByHand;
}

/** A job that an operator queued by `release-bot build` or `release-bot promote --local`. */
export interface OperatorRequest {
  readonly kind: "operator";
  readonly builder: BuilderLine;
  readonly work: OperatorWork;
}

/** What a job is asked to do, as it is kept as JSON. */
export type JobRequest = PushRequest | CommandRequest | OperatorRequest;

/** How far a job has come. */
export type JobState = "queued" | "running" | "done" | "failed" | "refused" | "cancelled";

/** A job of a queue. */
export interface Job {
  readonly id: number;
  /** Jobs of a queue run one at a time: the builder's DIRECTORY, which several builders may share. */
  readonly queue: string;
  readonly request: JobRequest;
  readonly trace: TraceId | null;
  readonly state: JobState;
  /** How often it was started. */
  readonly attempts: number;
  /** The commit that it works on, once that is known. */
  readonly commit: CommitSha | null;
  /** Why it waits, or how it ended; empty where there is nothing to say. */
  readonly note: string;
}

/**
 * The words that make the ids of a job's reports its own. A message's key comes again in no other database; a job's number
 * does, and is only for what has no message, or was queued by an earlier version, whose reports may be on their way.
 */
export function jobWords({ id, request }: Pick<Job, "id" | "request">): readonly (string | number)[] {
  if (request.kind !== "command" || request.message === null || request.run === undefined) return [id];
  const { message, builder, run } = request;
  return [message.key, message.line, builder, run];
}

/** What became of a job's run. Its reports are committed together with it. */
export type JobOutcome =
  | { readonly kind: "done"; readonly summary: string; readonly reports: readonly Report[] }
  | { readonly kind: "failed"; readonly reason: string; readonly reports: readonly Report[] }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly reports: readonly Report[] }
  | { readonly kind: "cancelled"; readonly reason: string; readonly reports: readonly Report[] }
  /** It cannot run yet (GitHub unreachable, the clock unsure): the queue goes on without it until then. */
  | { readonly kind: "postponed"; readonly untilMs: number; readonly reason: string };

/**
 * Jobs with the same key fold while the later one still waits unstarted: several pushes of one component are one build.
 * Null for what must not fold: each signed command has its own answer.
 */
export function foldKey(request: JobRequest): string | null {
  return request.kind === "push" ? `push ${request.builder} ${request.component}` : null;
}

/**
 * What to do with a job that was running when the program died. A promotion is restartable at any point; a build's record
 * says which distribution it was at, and one that was interrupted twice is reported failed by the build itself. The limit is
 * for a job that brings the program down each time.
 */
export function afterCrash(attempts: number): "again" | "give-up" {
  return attempts < 30 ? "again" : "give-up";
}
