import { setTimeout as sleep } from "node:timers/promises";
import type { Daemon } from "./daemon.ts";
import { LabFault } from "./lab-fault.ts";

/** What is waited for: in words, for how long at most, and how to see that it is there. */
export interface Awaited<T> {
  readonly what: string;
  readonly limitMs: number;
  /** Null: not yet. Throws LabFault where it can never come. */
  readonly look: () => Promise<T | null>;
  /** Whose death ends the waiting. */
  readonly daemons: readonly Daemon[];
}

/** Looks again and again until it is there. Throws LabFault at the limit, or when one of the daemons dies. */
export async function until<T>(awaited: Awaited<T>): Promise<T> {
  const end = performance.now() + awaited.limitMs;
  for (;;) {
    const found = await awaited.look();
    if (found !== null) return found;
    for (const daemon of awaited.daemons) {
      const death = daemon.died();
      if (death !== null)
        throw new LabFault(`${death} while waiting for ${awaited.what}`, `its log: ${daemon.logFile}`);
    }
    if (performance.now() > end) {
      throw new LabFault(`${awaited.what}: did not happen within ${awaited.limitMs / 1000} s`);
    }
    await sleep(150);
  }
}
