import type {
  Command,
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
}

/** One line: silent, refused already, carried out already (a hold), or open with its jobs. */
export interface RecordedLine {
  readonly line: string;
  readonly stand: LineStand;
  /** How its success is told. */
  readonly tell: Tell;
  readonly jobs: readonly { readonly queue: string; readonly request: JobRequest }[];
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

/** A veto that stands. */
export interface StandingHold {
  readonly distribution: DistributionName;
  readonly signer: Fingerprint;
}

/** What commands must not overtake each other about. Without distributions (a template, an ISO) it is one thing. */
export interface OrderSubject {
  readonly release: Release;
  readonly subject: string;
  readonly distributions: readonly DistributionName[];
}

/** What a command is about, for order: a component is one subject however it is spelt, a template and an ISO likewise. */
export function orderSubject(command: Command, distributions: readonly DistributionName[]): OrderSubject {
  const { release } = command;
  switch (command.kind) {
    case "upload-component":
    case "build-component":
    case "hold":
    case "unhold":
    case "withdraw-component":
      return { release, subject: `component ${command.component}`, distributions };
    case "upload-template":
    case "build-template":
      return { release, subject: `template ${command.template}`, distributions: [] };
    case "build-iso":
      return { release, subject: "iso", distributions: [] };
  }
}

/** The ledger of signed messages, and what order and vetoes hang on. Each change is one durable transaction. */
export interface Ledger {
  find(key: string): Promise<SignedMessage | null>;
  /** `known`: it was recorded before, and nothing was changed. */
  record(recording: Recording): Promise<"recorded" | "known">;
  /** The comment was fetched and holds the block: 👀, and whatever waited for the place. */
  provePlace(key: string, place: CommentPlace, now: Date): Promise<void>;
  /** The comment does not hold the block, or was edited: the answer goes to the status issue. */
  refutePlace(key: string, now: Date): Promise<void>;
  /** One 😕 on a comment whose block is not good; nothing where the hour's are spent or it has one. */
  confuse(place: PlaceState, blockSha256: Sha256, now: Date): Promise<"reacted" | "spent">;
  holds(release: Release, component: ComponentName, commit: CommitSha): Promise<readonly StandingHold[]>;
  /** The latest signing time of what has run for any of the distributions; null where nothing has. */
  lastRan(subject: OrderSubject): Promise<Date | null>;
  fact(name: FactName): Promise<string | null>;
  setFact(name: FactName, value: string): Promise<void>;
}

/** What the agent remembers besides: when this ledger was born, the latest time seen, how far comments are handled. */
export type FactName = "born" | "latest-seen" | "comments-cursor" | "clock-unsure-since";
