import type { Clock } from "../../work/index.ts";
import type { BuilderLock } from "../builder-lock.ts";
import { stateLeft, type TakingUpParts } from "./promotion-taken-up.ts";

/** What the watch needs. */
export interface WatchLeftParts extends TakingUpParts {
  readonly wait: Clock;
  /** Takes a builder's lock; null where somebody else holds it. */
  readonly lock: (directory: string) => Promise<BuilderLock | null>;
}

const everyMs = 300_000;

/**
 * States what jobs have applied that are over, whose turn does not come again: cancelled or given up after a crash, failed on
 * a disk that broke while it committed, done in a log that was not received. Until the end.
 */
export async function watchLeft(parts: WatchLeftParts, end: AbortSignal): Promise<void> {
  const { begun, log, wait } = parts;
  const told = (queue: string | null, err: unknown): void =>
    log.error({ alarm: "provenance", queue, err }, "what was applied could not be stated; it is tried again");
  while (!end.aborted) {
    try {
      for (const queue of await begun.leftQueues()) await look(parts, queue).catch((error) => told(queue, error));
    } catch (error) {
      told(null, error);
    }
    await wait.sleep(everyMs, end);
  }
}

/** A queue is its builder's directory; while somebody is at work there, it is theirs. */
async function look(parts: WatchLeftParts, queue: string): Promise<void> {
  const held = await parts.lock(queue);
  try {
    if (held !== null) await stateLeft(parts, queue);
  } finally {
    await held?.release();
  }
}
