import type { Clock } from "./ports.ts";

/** Lets a loop sleep until something new was committed, or until a time limit: what another process writes is seen then. */
export class WakeUp {
  readonly #clock: Clock;
  #alarm = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes everyone who waits. */
  wake(): void {
    const former = this.#alarm;
    this.#alarm = new AbortController();
    former.abort();
  }

  /** Gives the present state a name: a {@link wait} that starts from it misses nothing that happened since. */
  mark(): AbortSignal {
    return this.#alarm.signal;
  }

  /** Waits for the next wake-up after `mark`, for `ms`, or for the end. */
  async wait(mark: AbortSignal, ms: number, end: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, AbortSignal.any([mark, end]));
  }
}
