import { setTimeout as sleep } from "node:timers/promises";
import { LabFault } from "./lab-fault.ts";
import { requireSpace } from "./requirements.ts";
import type { RunningLab } from "./running-lab.ts";

/** What is waited for: in words, for how long at most, and how to see that it is there. */
interface Awaited<T> {
  readonly what: string;
  readonly limitMs: number;
  /** Null: not yet. Throws LabFault where it can never come. */
  readonly look: () => Promise<T | null>;
}

/** Looks again and again until it is there. Throws LabFault at the limit, when a program of the lab dies, or when the disk is full. */
export async function until<T>(lab: RunningLab, { what, limitMs, look }: Awaited<T>): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    for (const daemon of lab.daemons) {
      const death = daemon.died();
      if (death !== null) throw new LabFault(`${death} while waiting for ${what}`, `its log: ${daemon.logFile}`);
    }
    requireSpace([lab.root], 5);
    if (performance.now() > end) throw new LabFault(`${what}: did not happen within ${limitMs / 1000} s`);
    await sleep(150);
  }
}
