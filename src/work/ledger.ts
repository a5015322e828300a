import type { LedgerView, OrderScope } from "../authority/index.ts";
import type {
  CommentPlace,
  CommitSha,
  ComponentName,
  DistributionName,
  Fingerprint,
  QubeName,
  Release,
  Sha256,
  TraceId,
} from "../domain/index.ts";
import type { JobRequest } from "./job.ts";
import type { LineStand, PlaceState, SignedMessage, Tell } from "./message.ts";
import type { NewOutboxEntry } from "./ports.ts";

/** A message whose signature is good, with what its lines came to: recorded as a whole before anything of it runs. */
export interface Recording {
  readonly key: string;
  readonly trace: TraceId;
  readonly signer: Fingerprint;
  readonly signedAt: Date;
  readonly receivedAt: Date;
  readonly environment: QubeName;
  /** The block as it came, and its SHA-256: what a comment must hold to be the message's place. */
  readonly block: string;
  readonly blockSha256: Sha256;
  readonly place: PlaceState;
  readonly subject: SignedMessage["subject"];
  readonly lines: readonly RecordedLine[];
  /** What is stated of it at once, as entries of the outbox. */
  readonly statements: readonly NewOutboxEntry[];
}

/** One line: silent, refused already, carried out already (a hold), or open with its jobs. */
export interface RecordedLine {
  readonly line: string;
  readonly stand: LineStand;
  /** How its success is told. */
  readonly tell: Tell;
  readonly jobs: readonly { readonly queue: string; readonly request: JobRequest }[];
  /** What counts as run with the recording itself: the scopes of a hold. */
  readonly ran: readonly OrderScope[];
  readonly holds: readonly HoldChange[];
}

/** A veto that is laid or lifted at once, with the recording. */
export interface HoldChange {
  readonly action: "hold" | "unhold";
  readonly release: Release;
  readonly component: ComponentName;
  readonly commit: CommitSha;
  readonly distribution: DistributionName;
}

/** The ledger of signed messages, and what order and vetoes hang on. Each change is one durable transaction. */
export interface Ledger {
  find(key: string): Promise<SignedMessage | null>;
  /** `known`: it was recorded before, and nothing was changed. */
  record(recording: Recording): Promise<"recorded" | "known">;
  /** The comment was fetched and holds the block: 👀, and whatever waited for the place. */
  provePlace(key: string, place: CommentPlace, now: Date): Promise<void>;
  /** A copy of a message whose place was unknown says where it stands: to be proven. */
  claimPlace(key: string, place: CommentPlace, blockSha256: Sha256, now: Date): Promise<void>;
  /** The comment does not hold the block, or was edited: the answer goes to the status issue. */
  refutePlace(key: string, now: Date): Promise<void>;
  /** One 😕 on a comment whose block is not good; nothing where the hour's are spent or it has one. */
  confuse(place: PlaceState, blockSha256: Sha256, now: Date): Promise<"reacted" | "spent">;
  /** The 😕 itself, once its comment was fetched and holds the block. */
  confuseProven(place: CommentPlace, now: Date): Promise<void>;
  /** What authority asks. */
  readonly view: LedgerView;
  /** The message's block and when it came in: a job verifies it once more when its turn comes. Null where it is unknown. */
  block(key: string): Promise<{ readonly block: string; readonly receivedAt: Date } | null>;
  fact(name: FactName): Promise<string | null>;
  setFact(name: FactName, value: string): Promise<void>;
}

/** What the agent remembers besides: when this ledger was born, the latest time seen, how far comments are handled. */
export type FactName = "born" | "latest-seen" | "comments-cursor";
