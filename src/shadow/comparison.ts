import type { Release, RepositoryName } from "../domain/index.ts";

/** What became of one thing that was asked for, or done, here and there. */
export type Outcome =
  /** Both did it, or neither. */
  | "same"
  /** It was done, and would have been refused here. */
  | "would have refused"
  /** It would have been done here, and was not. */
  | "not done"
  /** Both did it, and not the same: other files, other labels. */
  | "done differently"
  /** It was done, and nothing that was taken in here asked for it. */
  | "nobody asked"
  /** It may still be done. */
  | "too early";

/** The outcomes, those that an operator must look at first. */
export const outcomes: readonly Outcome[] = [
  "would have refused",
  "nobody asked",
  "done differently",
  "not done",
  "too early",
  "same",
];

/** Whether an operator has to look at it. */
export function isDifference(outcome: Outcome): boolean {
  return outcome !== "same" && outcome !== "too early";
}

/** One line of the comparison. */
export interface Comparison {
  readonly outcome: Outcome;
  readonly action: "promote" | "withdraw" | "build" | "command";
  readonly release: Release | null;
  readonly name: string;
  /** The commit, or a template's or an ISO's version. */
  readonly version: string;
  readonly dist: string;
  readonly repository: RepositoryName | null;
  /** When it was decided here, or, where nothing was, done there. RFC 3339. */
  readonly at: string;
  /** What we would have done, and what was done. */
  readonly ours: string;
  readonly theirs: string;
  /** What differs, and why. */
  readonly why: readonly string[];
  /** Where to look: a command's trace, a plan, an issue, a record. */
  readonly where: readonly string[];
}
