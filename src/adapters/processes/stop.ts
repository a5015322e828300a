/** Why a run is to end before its program does. */
export interface Stop {
  /** Resolves when there is a reason. */
  readonly reached: Promise<void>;
  why(): "limit" | "signal" | null;
  /** To be called when the run is over: no timer and no listener is left. */
  forget(): void;
}

/** Watches a run's time limit and its signal. */
export function watchForStop({ limitMs, signal }: { readonly limitMs: number; readonly signal?: AbortSignal }): Stop {
  let why: ReturnType<Stop["why"]> = null;
  let resolve = (): void => undefined;
  const reached = new Promise<void>((done) => {
    resolve = done;
  });
  const stop = (reason: "limit" | "signal") => () => {
    why ??= reason;
    resolve();
  };
  const timer = setTimeout(stop("limit"), limitMs);
  const onAbort = stop("signal");
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    reached,
    why: () => why,
    forget: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

/** A wait that keeps no program alive. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Signals a whole process group; one that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nobody is left in it.
  }
}
