import type { Job } from "../../work/index.ts";
import { type Database, integer, text } from "./database.ts";
import { readJob, type SqliteJobs } from "./job-store.ts";

/** A job with its times, for an operator's eyes. */
export interface JobEntry extends Job {
  readonly addedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly notBefore: Date;
}

/** A queue that an operator has stopped. */
export interface PausedQueue {
  readonly queue: string;
  readonly since: Date;
  readonly reason: string;
}

/** What `release-bot queue` shows and does, beside a running agent or without one. */
export class QueueDesk {
  readonly #database: Database;
  readonly #jobs: SqliteJobs;

  constructor(database: Database, jobs: SqliteJobs) {
    this.#database = database;
    this.#jobs = jobs;
  }

  /** What runs and waits, in the order of the queues, then the last `past` that ended. */
  show(past: number): readonly JobEntry[] {
    const open = this.#database.all("SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY queue, id");
    const ended = this.#database.all(
      "SELECT * FROM jobs WHERE state NOT IN ('queued', 'running') ORDER BY id DESC LIMIT ?",
      past,
    );
    return [...open, ...ended.reverse()].map((row) => ({
      ...readJob(row),
      addedAt: new Date(integer(row, "added_at")),
      startedAt: row["started_at"] === null ? null : new Date(integer(row, "started_at")),
      endedAt: row["ended_at"] === null ? null : new Date(integer(row, "ended_at")),
      notBefore: new Date(integer(row, "not_before")),
    }));
  }

  paused(): readonly PausedQueue[] {
    return this.#database.all("SELECT * FROM paused ORDER BY queue").map((row) => ({
      queue: text(row, "queue"),
      since: new Date(integer(row, "since")),
      reason: text(row, "reason"),
    }));
  }

  /** Jobs of these queues do not begin any more; the one that runs is finished. Survives a reboot. */
  async pause(queues: readonly string[], reason: string, now: Date): Promise<void> {
    await this.#database.commit(() => {
      for (const queue of queues) {
        this.#database.run(
          "INSERT INTO paused VALUES (?, ?, ?) ON CONFLICT (queue) DO UPDATE SET reason = excluded.reason",
          queue,
          now.getTime(),
          reason,
        );
      }
    });
  }

  async resume(queues: readonly string[]): Promise<void> {
    await this.#database.commit(() => {
      for (const queue of queues) this.#database.run("DELETE FROM paused WHERE queue = ?", queue);
    });
  }

  /** A waiting job ends at once and is answered; a running one is asked to end. */
  async cancel(id: number, now: Date): Promise<"cancelled" | "asked" | "ended" | "unknown"> {
    const row = this.#database.one("SELECT * FROM jobs WHERE id = ?", id);
    if (row === null) return "unknown";
    const job = readJob(row);
    if (job.state === "running") {
      await this.#database.commit(() => this.#database.run("UPDATE jobs SET cancel = 1 WHERE id = ?", id));
      return "asked";
    }
    if (job.state !== "queued") return "ended";
    return this.#jobs.cancelWaiting(job, now);
  }

  /** The same work once more, as a new job that answers nobody. Null where there is no such ended job. */
  async retry(id: number, now: Date): Promise<"queued" | "open" | "unknown"> {
    const row = this.#database.one("SELECT * FROM jobs WHERE id = ?", id);
    if (row === null) return "unknown";
    const { state, request, queue, trace } = readJob(row);
    if (state === "queued" || state === "running") return "open";
    // What it reports is news, even where it is the same as the first time.
    const again = request.kind === "command" ? { ...request, run: `again ${now.toISOString()}` as const } : request;
    // The signed message has had its one answer; it is still verified and authorized anew when its turn comes.
    await this.#jobs.add([{ queue, request: again, trace, answers: "nobody" }], now);
    return "queued";
  }
}
