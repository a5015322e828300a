import { AdapterError } from "../domain/index.ts";

/** Waits for something that is outside, but not longer than `ms`. Throws AdapterError `TIMEOUT`. What comes later is dropped. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const why = `${what} did not answer within ${ms / 1000} s`;
    timer = setTimeout(() => reject(new AdapterError("TIMEOUT", why)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a step that ends by itself soon after its signal; one that does not is given up after `graceMs`. */
export async function untilStopped<T>(signal: AbortSignal, graceMs: number, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let begin = (): void => {};
  const stuck = new Promise<never>((_resolve, reject) => {
    begin = () => {
      timer = setTimeout(() => reject(new AdapterError("TIMEOUT", "did not end when it was told to")), graceMs);
    };
    if (signal.aborted) begin();
    else signal.addEventListener("abort", begin, { once: true });
  });
  try {
    return await Promise.race([work, stuck]);
  } finally {
    // A signal outlives its steps: what still listened there would begin a wait that nobody ends.
    signal.removeEventListener("abort", begin);
    clearTimeout(timer);
  }
}
