import type { CommitSha, Fingerprint, Refusal, Release, RepositoryName, Subject, TraceId } from "../domain/index.ts";
import type { Move } from "../promotion/index.ts";

/** Who or what asked for something. */
export type AskedFor =
  | {
      readonly kind: "command";
      readonly trace: TraceId | null;
      readonly signer: Fingerprint;
      readonly signedAt: string;
      /** The line as it was signed. */
      readonly line: string;
    }
  | { readonly kind: "push" }
  | { readonly kind: "operator" };

/** What is decided of one distribution; `all` of a template or an ISO. */
export interface RehearsedPlace {
  readonly dist: string;
  readonly verdict: /** It would be done. */
    | "would"
    /** It is refused, with the line or by itself. */
    | "refused"
    /** It stands there already: nothing is left to do. */
    | "stands"
    /** There is nothing to do, or nothing that can be done here. */
    | "skipped";
  readonly refusal: Refusal | null;
  /** Why it is not done, in words; empty where it would be. */
  readonly reason: string;
  /** The plan's digest; null where there is none. */
  readonly plan: string | null;
  /** The files that would move. */
  readonly files: readonly Move[];
  /** What did move, where somebody else did it before our eyes; null where that is still to be found out. */
  readonly moved: readonly Move[] | null;
}

/** What would have been done in answer to one command line, for one builder, or to one push. Kept as JSON. */
export interface Rehearsal {
  /** Names the same thing once, however often it is planned. */
  readonly key: string;
  /** When it was decided, and the moment that it speaks of: earlier where the deed had been done by then. RFC 3339. */
  readonly decidedAt: string;
  readonly asOf: string;
  readonly asked: AskedFor;
  /** `look`: the work is done by somebody else beside us; `beside`: by the back-end in a job of ours. */
  readonly mode: "look" | "beside";
  readonly action: "promote" | "withdraw" | "build";
  readonly release: Release;
  readonly kind: Subject["kind"];
  readonly name: string;
  /** The commit, or the version of a template or an ISO. */
  readonly version: string;
  /** The status issue's title; null where the version's name is not known. */
  readonly title: string | null;
  readonly repository: RepositoryName;
  /** Why none of it is done. */
  readonly refusal: Refusal | null;
  readonly places: readonly RehearsedPlace[];
}

/** A command line or a message that was refused before it came to a plan: what was asked is known as far as it can be read. */
export interface RefusedLine {
  readonly key: string;
  readonly at: string;
  readonly trace: string;
  /** Null where nobody's signature is good. */
  readonly signer: Fingerprint | null;
  /** The line, or for a message that was not taken its text. Anybody's words. */
  readonly untrustedText: string;
  readonly refusal: Refusal;
}

/** What the predecessor has done, by its records. */
export interface Deed {
  readonly release: Release;
  readonly kind: "component" | "template";
  readonly name: string;
  /** Of a component, where its records tell it. */
  readonly commit: CommitSha | null;
  readonly version: string;
  readonly dist: string;
  readonly repository: RepositoryName;
  /** To the minute. */
  readonly at: Date;
  /** How many package files the records name, and which of them the repository lists now. */
  readonly recorded: number;
  readonly standing: readonly Move[];
  readonly records: readonly string[];
}

/** A status issue as GitHub has it. */
export interface SeenIssue {
  readonly number: number;
  readonly labels: readonly string[];
}
