/** Pushes what has been committed, in order, until it is through; nobody who commits waits for the network. */
import { joinRemote, type LogsRepository, pushedRef, pushLogs } from "../../adapters/logs/index.ts";
import type { CommitSha } from "../../domain/index.ts";
import type { Committed } from "./committer.ts";

/** What stands in the way, for doctor and for the metrics. */
export interface PushState {
  readonly head: CommitSha | null;
  readonly pushed: CommitSha | null;
  /** How many commits wait. */
  readonly waiting: number;
  /** Since when the remote has not had everything; milliseconds since 1970. */
  readonly since: number | null;
  readonly reason: string | null;
  readonly embargo: boolean;
}

/** What the pusher needs. */
export interface PusherOptions {
  readonly repository: LogsRepository;
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly timeoutMs: number;
  readonly embargo: () => boolean;
  readonly now: () => number;
  readonly onState: (state: PushState) => void;
}

/** A remote that does not answer at the start holds the start up for so long. */
const firstLookMs = 20_000;
const firstPauseMs = 1_000;
const longestPauseMs = 120_000;

/** One loop that pushes. */
export class Pusher {
  readonly #options: PusherOptions;
  #committed = 0;
  #pushed = 0;
  #pushedCommit: CommitSha | null = null;
  #since: number | null = null;
  #reason: string | null = null;
  #pauseMs = 0;
  #running: Promise<void> | null = null;
  #wake: () => void = () => undefined;
  #stopped = false;
  #waiters: { number: number; resolve: (pushed: boolean) => void }[] = [];

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /** Before the first push: takes over what the remote has beyond us, and finds out what was pushed by an earlier run. */
  async begin(): Promise<void> {
    const { repository, alone, timeoutMs } = this.#options;
    if (repository.settings.remote === null) return;
    if (repository.head === null) await alone(() => joinRemote(repository, Math.min(timeoutMs, firstLookMs)));
    this.#pushedCommit = await repository.resolve(pushedRef);
    if (repository.head !== null && repository.head !== this.#pushedCommit)
      this.added({ commit: repository.head, number: 0 });
  }

  /** Something was committed. */
  added(committed: Committed): void {
    // A commit of an earlier run counts as the one before our first.
    this.#committed = committed.number === 0 ? 0.5 : committed.number;
    this.#since ??= this.#options.now();
    this.#publish();
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Whether pushing fails at the moment: nobody needs to wait to find that out again. */
  get failing(): boolean {
    return this.#reason !== null || this.#options.embargo();
  }

  /** Resolves true when that commit has been pushed; false when a try has failed since, or after the limit. */
  async pushed(committed: Committed, limitMs: number): Promise<boolean> {
    // Without a remote nothing is pending: there is nowhere that the log should be.
    if (this.#pushed >= committed.number || this.#options.repository.settings.remote === null) return true;
    if (this.failing) return false;
    return this.#wait(committed.number, limitMs);
  }

  /** Resolves true when that commit has been pushed, however long it takes; false when the program stops before. */
  async eventually(committed: Committed): Promise<boolean> {
    while (this.#pushed < committed.number && !this.#stopped) await this.#wait(committed.number, 60_000);
    return this.#pushed >= committed.number;
  }

  /** The embargo has been lifted, or somebody wants to try now. */
  wake(): void {
    this.#pauseMs = 0;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    this.#settle(Number.POSITIVE_INFINITY, false);
    await this.#running;
  }

  #wait(number: number, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = { number, resolve };
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        resolve(false);
      }, limitMs);
      waiter.resolve = (pushed) => {
        clearTimeout(timer);
        resolve(pushed);
      };
      this.#waiters.push(waiter);
    });
  }

  async #run(): Promise<void> {
    const { repository, timeoutMs, embargo, alone } = this.#options;
    while (this.#pushed < this.#committed && !this.#stopped && repository.settings.remote !== null) {
      if (embargo()) {
        this.#publish();
        this.#settle(Number.POSITIVE_INFINITY, false);
        await this.#pause(1_000);
        continue;
      }
      const number = this.#committed;
      let outcome = await pushLogs(repository, timeoutMs);
      if (outcome.kind === "diverged") outcome = await alone(() => joinRemote(repository, timeoutMs));
      if (outcome.kind === "pushed") {
        this.#pushed = number;
        this.#pushedCommit = outcome.head;
        this.#reason = null;
        this.#pauseMs = 0;
        if (this.#pushed >= this.#committed) this.#since = null;
        this.#publish();
        this.#settle(number, true);
        continue;
      }
      this.#reason = outcome.kind === "joined" ? null : `${outcome.kind}: ${outcome.reason}`;
      this.#publish();
      if (outcome.kind !== "joined") this.#settle(Number.POSITIVE_INFINITY, false);
      this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2));
      await this.#pause(outcome.kind === "joined" ? 50 : this.#pauseMs);
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #settle(upTo: number, pushed: boolean): void {
    const settled = this.#waiters.filter(({ number }) => number <= upTo);
    this.#waiters = this.#waiters.filter(({ number }) => number > upTo);
    for (const { resolve } of settled) resolve(pushed);
  }

  #publish(): void {
    const { repository, embargo, onState } = this.#options;
    onState({
      head: repository.head,
      pushed: this.#pushedCommit,
      waiting: Math.ceil(this.#committed - this.#pushed),
      since: this.#since,
      reason: this.#reason,
      embargo: embargo(),
    });
  }
}
