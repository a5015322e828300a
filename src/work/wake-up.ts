import type { Clock } from "./ports.ts";

/** Lets a loop sleep until something new was committed, or until a time limit: what another process writes is seen then. */
export class WakeUp {
  readonly #clock: Clock;
  readonly #sleepers = new Set<AbortController>();
  #wakes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes everyone who waits. */
  wake(): void {
    this.#wakes += 1;
    for (const sleeper of this.#sleepers) sleeper.abort();
  }

  /** Names the present moment: a {@link wait} that starts from it misses nothing that happened since. */
  mark(): number {
    return this.#wakes;
  }

  /** Waits for the next wake-up after `mark`, for `ms`, or for the end. */
  async wait(mark: number, ms: number, end: AbortSignal): Promise<void> {
    if (mark !== this.#wakes) return;
    const sleeper = new AbortController();
    this.#sleepers.add(sleeper);
    // Not AbortSignal.any: the end lives as long as the program, and would remember every wait.
    const detach = following(end, sleeper);
    await this.#clock.sleep(ms, sleeper.signal);
    detach();
    this.#sleepers.delete(sleeper);
  }
}

/** Aborts `follower` with `leader`, until it is detached. */
export function following(leader: AbortSignal, follower: AbortController): () => void {
  const abort = (): void => follower.abort();
  if (leader.aborted) abort();
  else leader.addEventListener("abort", abort, { once: true });
  return () => leader.removeEventListener("abort", abort);
}
