import { type Refusal, refusal } from "../domain/index.ts";

const toleranceMs = 5 * 60_000;
const longestWaitMs = 24 * 3_600_000;

/** What is known of the time when something that depends on age is about to be decided. */
export interface ClockReading {
  /** This qube's own clock: set from outside, so not to be believed alone. */
  readonly now: Date;
  /** The latest time that the ledger has ever seen; null where it has seen none. */
  readonly latestSeen: Date | null;
  /** GitHub's `Date`, read at (nearly) the same moment; null where GitHub has not been asked or is unreachable. */
  readonly githubDate: Date | null;
  /** For how long the thing has been waiting already, by a clock that only counts (not the one in doubt). */
  readonly waitedMs: number;
}

/** Whether age can be judged now. */
export type ClockJudgement =
  | { readonly kind: "sure" }
  /** Wait, and say so. */
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Judges the clock: neither far behind what was seen, nor far from GitHub's. After a day of doubt the thing is refused. */
export function judgeClock({ now, latestSeen, githubDate, waitedMs }: ClockReading): ClockJudgement {
  const reason = doubt(now, latestSeen, githubDate);
  if (reason === null) return { kind: "sure" };
  if (waitedMs < longestWaitMs) return { kind: "wait", reason };
  const remedy = "have the build qube's clock set right, and sign the command again";
  return { kind: "refused", refusal: refusal("CLOCK_UNSURE", "the clock", reason, remedy) };
}

function doubt(now: Date, latestSeen: Date | null, githubDate: Date | null): string | null {
  const here = now.toISOString();
  if (latestSeen !== null && latestSeen.getTime() - now.getTime() > toleranceMs) {
    return `the clock says ${here}, but it has already been ${latestSeen.toISOString()}`;
  }
  if (githubDate !== null && Math.abs(githubDate.getTime() - now.getTime()) > toleranceMs) {
    return `the clock says ${here}, and GitHub's says ${githubDate.toISOString()}`;
  }
  return null;
}
