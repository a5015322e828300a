/**
 * Commits, one at a time: what comes together while one is made is folded into the next, so that ten announcements close
 * to each other cost one commit and one push.
 */
import type { LogsRepository, RepositoryEntry, RunningLog } from "../../adapters/logs/index.ts";
import type { CommitSha } from "../../domain/index.ts";
import type { Announcement, Checkpoint } from "../../formats/build-log/index.ts";

/** A commit that has been made; `number` grows with each. */
export interface Committed {
  readonly commit: CommitSha;
  readonly number: number;
}

/** One acknowledgement's worth: a checkpoint that is committed, and what it announces. */
export interface CommittedCheckpoint extends Committed {
  readonly log: RunningLog;
  readonly checkpoint: Checkpoint;
  readonly announcements: readonly Announcement[];
}

/** A log that is committed as a whole. */
export interface CommittedLog extends Committed {
  readonly length: number;
  readonly sha256: string;
}

/** GitHub refuses files over 100 MB, and one such would block every later push. */
const partBytes = 16 * 1024 * 1024;

interface Trail {
  lines: string[];
  commits: CommitSha[];
}

/** Makes the commits of all logs. */
export class Committer {
  readonly #repository: LogsRepository;
  readonly #onCheckpoint: (checkpoints: readonly CommittedCheckpoint[]) => void;
  readonly #onCommit: (committed: Committed) => void;
  readonly #trails = new Map<RunningLog, Trail>();
  #waiting: { log: RunningLog; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #number = 0;
  #scheduled = false;

  constructor(
    repository: LogsRepository,
    on: {
      /** In the order in which they were committed. */
      readonly checkpoint: (checkpoints: readonly CommittedCheckpoint[]) => void;
      readonly commit: (committed: Committed) => void;
    },
  ) {
    this.#repository = repository;
    this.#onCheckpoint = on.checkpoint;
    this.#onCommit = on.commit;
  }

  /** Nobody commits while the work runs. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** What an earlier run committed of this log. */
  async remember(log: RunningLog): Promise<void> {
    const path = `${log.path}.checkpoints`;
    const { git, head } = this.#repository;
    if (head === null) return;
    const { status, stdout } = await git.try(["cat-file", "blob", `${head}:${path}`]);
    if (status !== 0) return;
    const lines = stdout.toString("latin1").split("\n").slice(0, -1);
    this.#trails.set(log, { lines, commits: await this.#repository.history(path) });
  }

  /** Commits a checkpoint of the log, together with whichever others wait. */
  checkpoint(log: RunningLog): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ log, resolve, reject }));
    if (!this.#scheduled) {
      this.#scheduled = true;
      void this.alone(() => this.#commitCheckpoints()).catch(() => undefined);
    }
    return done;
  }

  async #commitCheckpoints(): Promise<void> {
    this.#scheduled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      await this.#commitCheckpointsOf([...new Set(waiting.map(({ log }) => log))]);
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  async #commitCheckpointsOf(logs: readonly RunningLog[]): Promise<void> {
    const entries: RepositoryEntry[] = [];
    const made: Omit<CommittedCheckpoint, keyof Committed>[] = [];
    const text: string[] = [];
    for (const log of logs) {
      const trail = this.#trails.get(log) ?? { lines: [], commits: [] };
      this.#trails.set(log, trail);
      for (const { length, sha256, announcements } of log.snapshots()) {
        trail.lines.push(JSON.stringify({ length, sha256, announcements }));
        made.push({ log, checkpoint: { log: log.path, length, sha256, commit: "" }, announcements });
        text.push(`${log.path} ${length} sha256:${sha256}`);
      }
      await log.sync();
      const blob = await this.#repository.store(trail.lines.map((line) => `${line}\n`).join(""));
      entries.push({ path: `${log.path}.checkpoints`, blob });
    }
    const title = logs.length === 1 ? "Checkpoint of a log" : `Checkpoints of ${logs.length} logs`;
    const committed = await this.#commit(entries, `${title}\n\n${text.join("\n")}\n`);
    for (const log of logs) this.#trails.get(log)?.commits.push(committed.commit);
    this.#onCommit(committed);
    const { commit } = committed;
    this.#onCheckpoint(made.map((one) => ({ ...one, ...committed, checkpoint: { ...one.checkpoint, commit } })));
  }

  /**
   * Commits the whole log, in parts, with the names of its checkpoints; `ending` is said in the commit, where the
   * caller's words cannot reach. What it announces and no checkpoint had, it says as the last checkpoint.
   */
  async whole(log: RunningLog, ending: string): Promise<CommittedLog> {
    await log.sync();
    const [snapshot] = log.snapshots().slice(-1);
    if (snapshot === undefined) throw new Error("a log without a last snapshot");
    const { length, sha256 } = snapshot;
    const entries = await this.#storeParts(log, length);
    return this.alone(async () => {
      const commits = this.#trails.get(log)?.commits ?? [];
      const message = [
        log.path,
        "",
        `Ending: ${ending}`,
        `Length: ${length}`,
        `SHA-256: ${sha256}`,
        ...commits.map((commit) => `Checkpoint: ${commit}`),
      ];
      const committed = await this.#commit(entries, `${message.join("\n")}\n`);
      this.#onCommit(committed);
      return { ...committed, length, sha256 };
    });
  }

  /** Nothing more will come of this log. */
  forget(log: RunningLog): void {
    this.#trails.delete(log);
  }

  async #storeParts(log: RunningLog, length: number): Promise<RepositoryEntry[]> {
    const entries: RepositoryEntry[] = [];
    for (let from = 0; from === 0 || from < length; from += partBytes) {
      const number = String(from / partBytes).padStart(3, "0");
      const path = length <= partBytes ? log.path : `${log.path}.part-${number}`;
      const part = { file: log.file, from, length: Math.min(partBytes, length - from) };
      entries.push({ path, blob: await this.#repository.store(part) });
    }
    return entries;
  }

  async #commit(entries: readonly RepositoryEntry[], message: string): Promise<Committed> {
    const commit = await this.#repository.commit(entries, message);
    this.#number += 1;
    return { commit, number: this.#number };
  }
}
