import { type ClockJudgement, judgeClock } from "../../authority/index.ts";
import type { Ledger } from "../../work/index.ts";

/** How often the latest time seen is written: a restart forgets at most this much of it. */
const writeEveryMs = 60_000;

/** What the watch reads. */
export interface ClockSources {
  /** This qube's clock: set from outside. */
  readonly now: () => Date;
  /** Milliseconds of a clock that only counts. */
  readonly counting: () => number;
}

/** Keeps the witnesses of the time: the latest that the ledger has seen, and GitHub's `Date`. */
export class ClockWatch {
  readonly #ledger: Ledger;
  readonly #sources: ClockSources;
  #latest: number;
  #written: number;
  /** GitHub's time and the counting clock when it was heard. */
  #github: { readonly at: number; readonly counted: number } | null = null;
  #unsureSince: number | null = null;

  private constructor(ledger: Ledger, sources: ClockSources, latest: number) {
    this.#ledger = ledger;
    this.#sources = sources;
    this.#latest = latest;
    this.#written = latest;
  }

  /** Reads the latest time that the ledger has seen. */
  static async open(ledger: Ledger, sources: ClockSources): Promise<ClockWatch> {
    return new ClockWatch(ledger, sources, Number((await ledger.fact("latest-seen")) ?? 0));
  }

  /** GitHub said what time it is. */
  heard(serverTime: Date): void {
    this.#github = { at: serverTime.getTime(), counted: this.#sources.counting() };
  }

  /** Whether age can be judged now; keeps the latest time. */
  async judge(): Promise<ClockJudgement> {
    const now = this.#sources.now();
    const counted = this.#sources.counting();
    const judgement = judgeClock({
      now,
      latestSeen: this.#latest === 0 ? null : new Date(this.#latest),
      githubDate: this.#githubNow(),
      waitedMs: this.#unsureSince === null ? 0 : counted - this.#unsureSince,
    });
    if (judgement.kind === "sure") {
      this.#unsureSince = null;
      // Only an undisputed time is kept: one that ran ahead for a moment would make every later one look set back.
      this.#latest = Math.max(this.#latest, now.getTime());
      if (this.#latest - this.#written >= writeEveryMs) {
        this.#written = this.#latest;
        await this.#ledger.setFact("latest-seen", String(this.#latest));
      }
    } else this.#unsureSince ??= counted;
    return judgement;
  }

  /**
   * The time to take a message in by. In doubt GitHub's, or the latest seen where it is not known: the message is judged again
   * by a sure clock when its turn comes.
   */
  async bestGuess(): Promise<Date> {
    const judgement = await this.judge();
    const now = this.#sources.now();
    if (judgement.kind === "sure") return now;
    return this.#githubNow() ?? new Date(Math.max(now.getTime(), this.#latest));
  }

  #githubNow(): Date | null {
    if (this.#github === null) return null;
    return new Date(this.#github.at + this.#sources.counting() - this.#github.counted);
  }
}
