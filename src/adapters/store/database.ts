import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { AdapterError } from "../../domain/index.ts";

/** A row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/**
 * One SQLite file with a write-ahead log and full sync. Writes that come in the same turn of the event loop share one
 * transaction and so one sync (2,000 events a second would otherwise need as many); each stays atomic for itself. A
 * commit that resolved is on the disk.
 */
export class Database {
  readonly #handle: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listeners = new Set<() => void>();
  #waiting: Pending[] = [];

  /** Opens the file, making it and its directory where they are not there; `migrations[n]` leads from version n to n + 1. */
  constructor(path: string, migrations: readonly string[]) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#handle = new DatabaseSync(path);
    // Another process (`release-bot queue`) may hold the lock for a moment.
    this.#handle.exec("PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    this.#handle.exec("PRAGMA foreign_keys = ON; PRAGMA cache_size = -4096; PRAGMA journal_size_limit = 16777216");
    this.#migrate(path, migrations);
  }

  #migrate(path: string, migrations: readonly string[]): void {
    this.#handle.exec("BEGIN IMMEDIATE");
    const version = Number(this.one("PRAGMA user_version")?.["user_version"] ?? 0);
    if (version > migrations.length) {
      this.#handle.exec("ROLLBACK");
      throw new AdapterError("CONFIGURATION", `${path} was written by a newer release-bot (version ${version})`);
    }
    for (const migration of migrations.slice(version)) this.#handle.exec(migration);
    this.#handle.exec(`PRAGMA user_version = ${migrations.length}`);
    this.#handle.exec("COMMIT");
  }

  /** Runs `work` in a transaction; resolves with its result once that is durable. A throw undoes what `work` did, only that. */
  commit<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        run: () => {
          result = work();
        },
        resolve: () => resolve(result),
        reject,
      });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const good: Pending[] = [];
    try {
      this.#handle.exec("BEGIN IMMEDIATE");
      for (const pending of batch) {
        this.#handle.exec("SAVEPOINT one");
        try {
          pending.run();
          good.push(pending);
        } catch (error) {
          this.#rollbackOne(error);
          pending.reject(error);
        }
        this.#handle.exec("RELEASE one");
      }
      this.#handle.exec("COMMIT");
    } catch (cause) {
      this.#rollback();
      const fault = diskFault(cause);
      for (const pending of batch) pending.reject(fault);
      return;
    }
    for (const pending of good) pending.resolve();
    for (const listener of this.#listeners) listener();
  }

  /** A full disk ends the whole transaction, savepoints and all: then what it met is the fault of all that share it. */
  #rollbackOne(met: unknown): void {
    try {
      this.#handle.exec("ROLLBACK TO one");
    } catch {
      throw met;
    }
  }

  /** After a failed COMMIT the transaction may be open or not: SQLite itself ends some, a full disk's among them. */
  #rollback(): void {
    try {
      this.#handle.exec("ROLLBACK");
    } catch (error) {
      if (!(error instanceof Error) || !/no transaction/.test(error.message)) throw error;
    }
  }

  /** Calls back after each durable commit of this process: something may have become due. */
  onCommit(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#handle.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Runs a statement that changes something; answers how many rows it changed. Only inside {@link commit}. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** The first row, null where there is none. */
  one(sql: string, ...values: SQLInputValue[]): Row | null {
    return this.#statement(sql).get(...values) ?? null;
  }

  /** All rows. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Closes the file after the writes that wait. */
  async close(): Promise<void> {
    await this.commit(() => undefined);
    this.#statements.clear();
    this.#handle.close();
  }
}

interface Pending {
  run(): void;
  resolve(): void;
  reject(error: unknown): void;
}

function diskFault(cause: unknown): AdapterError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = /full/.test(text) ? "DISK_FULL" : /readonly/.test(text) ? "READ_ONLY" : "UNREACHABLE";
  return new AdapterError(code, `the state could not be written: ${text}`, cause);
}

/** A column that the schema says is text. */
export function text(row: Row, column: string): string {
  return String(row[column] ?? "");
}

/** A column that the schema says is an integer. */
export function integer(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}
