import type { Clock, Deliverer, DueLane, OutboxEntry, OutboxStore } from "./ports.ts";
import type { WakeUp } from "./wake-up.ts";

/** What the pump of one channel is made of. */
export interface PumpParts {
  readonly channel: string;
  readonly store: OutboxStore;
  readonly deliverer: Deliverer;
  readonly clock: Clock;
  readonly wakeUp: WakeUp;
  /** How many lanes are delivered side by side. */
  readonly lanes: number;
  /** How many entries of a lane are handed over together. */
  readonly batch: number;
  /** Told of each outcome that is not a delivery, with the entry that waits, and of faults of the store. */
  readonly onTrouble: (lane: string, reason: string, first: OutboxEntry | null) => void;
}

/** How long the pump sleeps at most: what another process put into the outbox is found then. */
const longestSleep = 1000;

/**
 * Delivers what the outbox holds for one channel, until the signal is aborted; resolves when the deliveries under way have ended. A
 * lane is with one delivery at a time, so its order holds; a lane that hangs takes one of `lanes` places, no more.
 */
export async function pump(parts: PumpParts, end: AbortSignal): Promise<void> {
  const busy = new Map<string, Promise<void>>();
  while (!end.aborted) {
    const mark = parts.wakeUp.mark();
    try {
      for (const lane of await parts.store.dueLanes(parts.channel, parts.clock.now())) {
        if (busy.size >= parts.lanes) break;
        if (busy.has(lane.lane)) continue;
        const delivery = deliverLane(parts, lane, end).finally(() => {
          busy.delete(lane.lane);
          parts.wakeUp.wake();
        });
        busy.set(lane.lane, delivery);
      }
      await parts.wakeUp.wait(mark, await sleepFor(parts), end);
    } catch (error) {
      parts.onTrouble(parts.channel, String(error), null);
      await parts.clock.sleep(longestSleep, end);
    }
  }
  await Promise.all(busy.values());
}

/** Until the next lane becomes due. One that is due now is busy or out of places: a wake-up comes when that ends. */
async function sleepFor(parts: PumpParts): Promise<number> {
  const due = await parts.store.nextDue(parts.channel);
  const ms = due === null ? longestSleep : due.getTime() - parts.clock.now().getTime();
  return ms > 0 ? Math.min(ms, longestSleep) : longestSleep;
}

async function deliverLane(parts: PumpParts, lane: DueLane, end: AbortSignal): Promise<void> {
  try {
    while (!end.aborted) {
      const [first, ...rest] = await parts.store.pending(lane, parts.batch);
      if (first === undefined) return;
      const entries: readonly [OutboxEntry, ...OutboxEntry[]] = [first, ...rest];
      const outcome = await parts.deliverer.deliver(entries);
      if (outcome.kind !== "delivered") parts.onTrouble(lane.lane, outcome.reason, first);
      await parts.store.settle(lane, entries, outcome, parts.clock.now());
      if (outcome.kind === "retry") return;
    }
  } catch (error) {
    // The store could not be written, or the deliverer broke its promise: what is pending stays so, and is tried again.
    parts.onTrouble(lane.lane, String(error), null);
    await parts.clock.sleep(longestSleep, end);
  }
}
