import { type CommitSha, parseCommitSha, parseTraceId, type Report } from "../../domain/index.ts";
import {
  afterCrash,
  foldKey,
  type Job,
  type JobOutcome,
  type JobRequest,
  type JobState,
  type JobStore,
  type NewOutboxEntry,
} from "../../work/index.ts";
import { type Database, integer, type Row, text } from "./database.ts";
import { settleLine } from "./message-rows.ts";
import { markRan } from "./order.ts";
import { addToOutbox } from "./outbox-store.ts";

/** What the store of jobs is made from. */
export interface JobStoreParts {
  readonly database: Database;
  /** What the outbox gets for a report. */
  readonly entries: (report: Report) => readonly NewOutboxEntry[];
}

/** A job to add. */
export interface NewJob {
  readonly queue: string;
  readonly request: JobRequest;
  readonly trace: string | null;
  /** Whether its outcome belongs into the answer of the signed message that it is of; `nobody`: an operator runs it again. */
  readonly answers: "message" | "nobody";
}

/** Adds a job, inside a transaction of the caller's; false where it folded into one that waits. */
export function addJob(database: Database, job: NewJob, now: Date): boolean {
  const { request } = job;
  const message = request.kind === "command" && job.answers === "message" ? request.message : null;
  const added = database.run(
    `INSERT INTO jobs (queue, request, fold, trace, state, not_before, message, line, added_at)
     VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    job.queue,
    JSON.stringify(request),
    foldKey(request),
    job.trace,
    now.getTime(),
    message?.key ?? null,
    message?.line ?? null,
    now.getTime(),
  );
  return added > 0;
}

/** What may run: not paused, its time come, no earlier line of its message open, and nothing else of its queue running. */
const runnable = `state = 'queued' AND not_before <= ? AND NOT EXISTS (SELECT 1 FROM paused WHERE paused.queue IN (jobs.queue, '*'))
  AND NOT EXISTS (SELECT 1 FROM jobs AS earlier WHERE earlier.message = jobs.message AND earlier.line < jobs.line
                  AND earlier.state IN ('queued', 'running'))
  AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.queue = jobs.queue AND other.state = 'running')`;

/** The jobs in SQLite. */
export class SqliteJobs implements JobStore {
  readonly #parts: JobStoreParts;

  constructor(parts: JobStoreParts) {
    this.#parts = parts;
  }

  async waitingQueues(now: Date): Promise<readonly string[]> {
    const rows = this.#parts.database.all(`SELECT DISTINCT queue FROM jobs WHERE ${runnable}`, now.getTime());
    return rows.map((row) => text(row, "queue"));
  }

  claim(queue: string, now: Date): Promise<Job | null> {
    const { database } = this.#parts;
    return database.commit(() => {
      const row = database.one(
        `SELECT * FROM jobs WHERE ${runnable} AND queue = ? ORDER BY id LIMIT 1`,
        now.getTime(),
        queue,
      );
      if (row === null) return null;
      database.run(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = ?, note = '' WHERE id = ?",
        now.getTime(),
        integer(row, "id"),
      );
      return { ...readJob(row), state: "running", attempts: integer(row, "attempts") + 1, note: "" };
    });
  }

  async finish(job: Job, outcome: JobOutcome, now: Date): Promise<void> {
    await this.#parts.database.commit(() => this.#end(job, outcome, now));
  }

  #end(job: Job, outcome: JobOutcome, now: Date): void {
    const { database, entries } = this.#parts;
    if (outcome.kind === "postponed") {
      this.#requeue(job, outcome.untilMs, outcome.reason, "uncounted");
      return;
    }
    const { reports, ...kept } = outcome;
    database.run(
      "UPDATE jobs SET state = ?, note = ?, outcome = ?, ended_at = ? WHERE id = ?",
      outcome.kind,
      noteOf(outcome),
      JSON.stringify(kept),
      now.getTime(),
      job.id,
    );
    if (outcome.kind === "done" || outcome.kind === "failed") {
      // A failure counts too: some of its distributions may be through.
      const { request } = job;
      if (request.kind === "command") markRan(database, request.scopes, request.signedAt);
      if (request.kind === "operator" && request.work.kind === "promotion") {
        markRan(database, request.work.scopes, request.work.orderedAt);
      }
    }
    const row = database.one("SELECT message, line FROM jobs WHERE id = ? AND message IS NOT NULL", job.id);
    const answer = row === null ? [] : settleLine(database, { key: text(row, "message"), line: integer(row, "line") });
    for (const report of [...reports, ...answer]) {
      for (const entry of entries(report)) addToOutbox(database, entry, now);
    }
  }

  /** Back into the queue. A push that came meanwhile waits there already, and does all that this one would have. */
  #requeue(job: Job, notBefore: number, note: string, attempt: "counted" | "uncounted"): void {
    const { database } = this.#parts;
    const fold = foldKey(job.request);
    const later = fold === null ? null : database.one("SELECT id FROM jobs WHERE state = 'queued' AND fold = ?", fold);
    if (later !== null) {
      const said = `folded into job ${integer(later, "id")}`;
      database.run("UPDATE jobs SET state = 'cancelled', note = ? WHERE id = ?", said, job.id);
      return;
    }
    database.run(
      "UPDATE jobs SET state = 'queued', not_before = ?, note = ?, attempts = attempts - ? WHERE id = ?",
      notBefore,
      note,
      attempt === "counted" ? 0 : 1,
      job.id,
    );
  }

  async interrupt(job: Job, now: Date): Promise<void> {
    const { database } = this.#parts;
    await database.commit(() => this.#requeue(job, now.getTime(), "interrupted by a stop of the agent", "uncounted"));
  }

  /** Ends a job that has not begun. */
  cancelWaiting(job: Job, now: Date): Promise<"cancelled" | "asked"> {
    const { database } = this.#parts;
    return database.commit(() => {
      const still = database.one("SELECT 1 FROM jobs WHERE id = ? AND state = 'queued'", job.id);
      if (still === null) {
        database.run("UPDATE jobs SET cancel = 1 WHERE id = ?", job.id);
        return "asked";
      }
      this.#end(job, { kind: "cancelled", reason: "cancelled by the operator", reports: [] }, now);
      return "cancelled";
    });
  }

  async report(_job: Job, reports: readonly Report[], now: Date): Promise<void> {
    const { database, entries } = this.#parts;
    await database.commit(() => {
      for (const report of reports) for (const entry of entries(report)) addToOutbox(database, entry, now);
    });
  }

  async pin(job: Job, commit: CommitSha): Promise<void> {
    const { database } = this.#parts;
    await database.commit(() => database.run("UPDATE jobs SET pinned = ? WHERE id = ?", commit, job.id));
  }

  recover(now: Date): Promise<{ readonly again: number; readonly givenUp: number }> {
    const { database } = this.#parts;
    return database.commit(() => {
      let again = 0;
      let givenUp = 0;
      for (const row of database.all("SELECT * FROM jobs WHERE state = 'running' ORDER BY id")) {
        const job = readJob(row);
        if (afterCrash(job.attempts) === "again") {
          this.#requeue(job, now.getTime(), "interrupted; taken up again", "counted");
          again += 1;
        } else {
          const reason = `given up: the agent ended ${job.attempts} times while it ran`;
          this.#end(job, { kind: "failed", reason, reports: [] }, now);
          givenUp += 1;
        }
      }
      return { again, givenUp };
    });
  }

  async nextDue(): Promise<Date | null> {
    const row = this.#parts.database.one("SELECT MIN(not_before) AS due FROM jobs WHERE state = 'queued'");
    return row === null || row["due"] === null ? null : new Date(integer(row, "due"));
  }

  async cancelRequested(): Promise<readonly number[]> {
    const rows = this.#parts.database.all("SELECT id FROM jobs WHERE state = 'running' AND cancel = 1");
    return rows.map((row) => integer(row, "id"));
  }

  /** Adds jobs in one transaction; answers how many did not fold into one that waits. */
  add(jobs: readonly NewJob[], now: Date): Promise<number> {
    const { database } = this.#parts;
    return database.commit(() => jobs.filter((job) => addJob(database, job, now)).length);
  }
}

/** Reads a row of `jobs`, which only this program writes. */
export function readJob(row: Row): Job {
  return {
    id: integer(row, "id"),
    queue: text(row, "queue"),
    request: JSON.parse(text(row, "request")) as JobRequest,
    trace: parseTraceId(text(row, "trace")),
    state: text(row, "state") as JobState,
    attempts: integer(row, "attempts"),
    commit: parseCommitSha(text(row, "pinned")),
    note: text(row, "note"),
  };
}

function noteOf(outcome: Exclude<JobOutcome, { kind: "postponed" }>): string {
  switch (outcome.kind) {
    case "done":
      return outcome.summary;
    case "refused":
      return `${outcome.refusal.code}: ${outcome.refusal.message}`;
    case "failed":
    case "cancelled":
      return outcome.reason;
  }
}
