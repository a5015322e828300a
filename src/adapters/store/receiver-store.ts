import type { NewOutboxEntry } from "../../work/index.ts";
import { Database } from "./database.ts";
import { addToOutbox, outboxSchema, SqliteOutbox } from "./outbox-store.ts";

const migrations = [
  `${outboxSchema}
  CREATE TABLE deliveries (sha256 BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_at ON deliveries (at);`,
];

/** How long a delivery is remembered: GitHub offers redelivery for 3 days, and keeps deliveries for 30. */
const remembered = 31 * 24 * 3_600_000;

/** The receiver's state: the calls to make, and the deliveries that led to them. */
export class ReceiverStore {
  readonly outbox: SqliteOutbox;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.outbox = new SqliteOutbox(database);
  }

  /** All calls that an event leads to, at once and durable; `duplicate` where the same body came before. */
  take(bodySha256: Uint8Array, calls: readonly NewOutboxEntry[], now: Date): Promise<"taken" | "duplicate"> {
    return this.#database.commit(() => {
      const added = this.#database.run(
        "INSERT INTO deliveries VALUES (?, ?) ON CONFLICT DO NOTHING",
        bodySha256,
        now.getTime(),
      );
      if (added === 0) return "duplicate";
      for (const call of calls) addToOutbox(this.#database, call, now);
      return "taken";
    });
  }

  /** Whether the same body came before; {@link take} decides. */
  knows(bodySha256: Uint8Array): boolean {
    return this.#database.one("SELECT 1 FROM deliveries WHERE sha256 = ?", bodySha256) !== null;
  }

  /** Forgets deliveries, and calls that are through, after 31 days. */
  async forget(now: Date): Promise<void> {
    const before = now.getTime() - remembered;
    await this.#database.commit(() => {
      this.#database.run("DELETE FROM deliveries WHERE at < ?", before);
      this.#database.run("DELETE FROM outbox WHERE state <> 'pending' AND settled_at < ?", before);
    });
  }

  onCommit(listener: () => void): void {
    this.#database.onCommit(listener);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** Opens the receiver's state. */
export function openReceiverStore(path: string): ReceiverStore {
  return new ReceiverStore(new Database(path, migrations));
}
