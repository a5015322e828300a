import { type Database, integer, text } from "./database.ts";

/** A call of a service as it came while the daemon was not there to take it. */
export interface RecordedCall {
  readonly id: number;
  readonly service: string;
  readonly untrustedArgument: string;
  readonly source: string;
  readonly input: Buffer;
}

/** How many calls are kept at most: whoever may call must not fill the disk while the agent is down. */
const mostCalls = 10_000;

/** Calls kept for the daemon's next start. */
export class RecordedCalls {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Durable when it resolves; false where too many wait already. */
  add(call: Omit<RecordedCall, "id">, now: Date): Promise<boolean> {
    return this.#database.commit(() => {
      const waiting = this.#database.one("SELECT COUNT(*) AS n FROM calls");
      if (waiting !== null && integer(waiting, "n") >= mostCalls) return false;
      this.#database.run(
        "INSERT INTO calls (service, argument, source, input, at) VALUES (?, ?, ?, ?, ?)",
        call.service,
        call.untrustedArgument,
        call.source,
        call.input,
        now.getTime(),
      );
      return true;
    });
  }

  /** The oldest first. */
  async list(limit: number): Promise<readonly RecordedCall[]> {
    return this.#database.all("SELECT * FROM calls ORDER BY id LIMIT ?", limit).map((row) => ({
      id: integer(row, "id"),
      service: text(row, "service"),
      untrustedArgument: text(row, "argument"),
      source: text(row, "source"),
      input: Buffer.from(row["input"] instanceof Uint8Array ? row["input"] : []),
    }));
  }

  /** After the call has been taken in. */
  async remove(id: number): Promise<void> {
    await this.#database.commit(() => this.#database.run("DELETE FROM calls WHERE id = ?", id));
  }
}
