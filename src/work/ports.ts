import type { CommitSha, Report, Subject } from "../domain/index.ts";
import type { Job, JobOutcome } from "./job.ts";

/** What the outbox holds: one thing that must reach somebody else, exactly once, in order for each `lane`. */
export interface OutboxEntry {
  /** Growing; the order of a lane. */
  readonly sequence: number;
  /** Idempotence key, unique in the outbox for ever. */
  readonly id: string;
  /** `github` or `qrexec:QUBE`. */
  readonly channel: string;
  /** Entries of one lane are delivered in order, lanes do not wait for each other: a status issue's title, a qube. */
  readonly lane: string;
  /** What to deliver, as JSON text; its shape is the channel's affair. */
  readonly payload: string;
  /** Earlier tries, and whether the last may have been carried out although no answer came. */
  readonly tries: number;
  readonly ambiguous: boolean;
}

/** What became of the entries of one lane that were handed over together. */
export type DeliveryOutcome =
  /** The first `count` of them are through. */
  | { readonly kind: "delivered"; readonly count: number }
  /** Try again; `ambiguous`: the first may have been carried out. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly ambiguous: boolean; readonly reason: string }
  /** The first can never be delivered (its issue is deleted, say): it is set aside, shown by doctor, and the lane goes on. */
  | { readonly kind: "undeliverable"; readonly reason: string };

/** Delivers one lane's pending entries; may fold several into fewer requests. Never throws. */
export interface Deliverer {
  deliver(entries: readonly [OutboxEntry, ...OutboxEntry[]]): Promise<DeliveryOutcome>;
}

/** A comment in the report repository, as GitHub has it now. Body and author are the world's. */
export interface PostedComment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  readonly untrustedBody: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Changed since it was posted: never runs. */
  readonly edited: boolean;
}

/** How far the comments have been read: everything before it, and what is named in `ids` at that very second. */
export interface CommentMark {
  readonly updatedAt: Date;
  /** Comments with exactly that `updatedAt` that have been seen: GitHub's times are whole seconds. */
  readonly ids: readonly number[];
}

/**
 * What the agent reads from the report repository. Every method throws {@link AdapterError} when GitHub cannot be asked;
 * `serverTime` is the `Date` of the answer.
 */
export interface CommentSource {
  /** The base line of a first start: the comment updated last, and those updated in the same second. */
  mark(): Promise<{ readonly mark: CommentMark; readonly serverTime: Date }>;
  /** All comments created or changed after the mark, oldest change first, and the mark after them. */
  after(mark: CommentMark): Promise<{
    readonly comments: readonly PostedComment[];
    readonly mark: CommentMark;
    readonly serverTime: Date;
  }>;
  /** One comment; null where the report repository has none of that number. */
  comment(id: number): Promise<{ readonly comment: PostedComment | null; readonly serverTime: Date }>;
  /** The labels of the subject's own status issue; null where it has none. For the hand-set `buggy`. */
  labels(subject: Subject): Promise<readonly string[] | null>;
}

/** What is put into the outbox; the store gives it its sequence. An id that the outbox has ever had is not added again. */
export interface NewOutboxEntry {
  readonly id: string;
  readonly channel: string;
  readonly lane: string;
  readonly payload: string;
}

/** A lane with something to deliver. */
export interface DueLane {
  readonly channel: string;
  readonly lane: string;
}

/** The outbox as the pump sees it. Each method is one durable transaction. */
export interface OutboxStore {
  /** Lanes with pending entries whose time has come, the longest waiting first. */
  dueLanes(channel: string, now: Date): Promise<readonly DueLane[]>;
  /** A lane's pending entries, oldest first, at most `limit`. */
  pending(lane: DueLane, limit: number): Promise<readonly OutboxEntry[]>;
  /** Records what became of the entries that were handed over. */
  settle(
    lane: DueLane,
    entries: readonly [OutboxEntry, ...OutboxEntry[]],
    outcome: DeliveryOutcome,
    now: Date,
  ): Promise<void>;
  /** When the next entry of the channel becomes due; null where none waits. */
  nextDue(channel: string): Promise<Date | null>;
}

/** The clock of a program, so that a test can turn it. */
export interface Clock {
  now(): Date;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What a running job may do besides its work. */
export interface JobContext {
  /** Aborted when the job is cancelled or the program stops. */
  readonly signal: AbortSignal;
  /** 1 for the first run, 2 after a crash in the middle, and so on. */
  readonly attempt: number;
  /** Tells GitHub something before the job's end (`building`, `built`); durable when it resolves, and never waits for GitHub. */
  report(reports: readonly Report[]): Promise<void>;
  /** Records the commit that the job works on; a later fetch does not disturb it. */
  pin(commit: CommitSha): Promise<void>;
}

/** Does a job's work. Faults of the world may throw AdapterError: the job then counts as failed, with that reason. */
export interface JobRunner {
  run(job: Job, context: JobContext): Promise<JobOutcome>;
}

/** The jobs as the worker sees them. Each method is one durable transaction. */
export interface JobStore {
  /** Queues in which something waits. */
  waitingQueues(now: Date): Promise<readonly string[]>;
  /** The oldest job of the queue that may run now becomes `running`, its attempt counted; null where there is none. */
  claim(queue: string, now: Date): Promise<Job | null>;
  /** The job's outcome, what it has to tell, and the answer that it completes, at once. */
  finish(job: Job, outcome: JobOutcome, now: Date): Promise<void>;
  /** Puts reports into the outbox before the job's end. */
  report(job: Job, reports: readonly Report[], now: Date): Promise<void>;
  pin(job: Job, commit: CommitSha): Promise<void>;
  /** The program stops: the job waits again, and the run does not count. */
  interrupt(job: Job, now: Date): Promise<void>;
  /** At the start, before anything runs: takes up interrupted jobs again, gives up on those that crash each time. */
  recover(now: Date): Promise<{ readonly again: number; readonly givenUp: number }>;
  /** When the next postponed job may be looked at again; null where none waits. */
  nextDue(): Promise<Date | null>;
  /** Running jobs of which an operator wants the end. */
  cancelRequested(): Promise<readonly number[]>;
}
