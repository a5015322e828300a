import type { DeliveryOutcome, DueLane, NewOutboxEntry, OutboxEntry, OutboxStore } from "../../work/index.ts";
import { type Database, integer, text } from "./database.ts";

/**
 * The tables of an outbox. A lane has a row as long as something waits in it, so that finding what is due does not look at
 * what waits behind. What is delivered keeps its id only: an id is never added twice.
 */
export const outboxSchema = `
  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, lane TEXT NOT NULL,
    payload TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'aside')), note TEXT NOT NULL,
    added_at INTEGER NOT NULL, settled_at INTEGER
  ) STRICT;
  CREATE INDEX outbox_pending ON outbox (channel, lane, sequence) WHERE state = 'pending';
  CREATE INDEX outbox_settled ON outbox (settled_at) WHERE state <> 'pending';
  CREATE TABLE lanes (
    channel TEXT NOT NULL, lane TEXT NOT NULL, tries INTEGER NOT NULL, ambiguous INTEGER NOT NULL,
    not_before INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (channel, lane)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lanes_due ON lanes (channel, not_before);
`;

/** Adds an entry, inside a transaction of the caller's. False where the outbox has had that id. */
export function addToOutbox(database: Database, entry: NewOutboxEntry, now: Date): boolean {
  const added = database.run(
    "INSERT INTO outbox (id, channel, lane, payload, state, note, added_at) VALUES (?, ?, ?, ?, 'pending', '', ?) ON CONFLICT (id) DO NOTHING",
    entry.id,
    entry.channel,
    entry.lane,
    entry.payload,
    now.getTime(),
  );
  if (added === 0) return false;
  database.run(
    "INSERT INTO lanes (channel, lane, tries, ambiguous, not_before, note) VALUES (?, ?, 0, 0, ?, '') ON CONFLICT DO NOTHING",
    entry.channel,
    entry.lane,
    now.getTime(),
  );
  return true;
}

/** The outbox in SQLite. */
export class SqliteOutbox implements OutboxStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds entries in one transaction of their own. */
  async add(entries: readonly NewOutboxEntry[], now: Date): Promise<void> {
    await this.#database.commit(() => {
      for (const entry of entries) addToOutbox(this.#database, entry, now);
    });
  }

  async dueLanes(channel: string, now: Date): Promise<readonly DueLane[]> {
    const rows = this.#database.all(
      "SELECT lane FROM lanes WHERE channel = ? AND not_before <= ? ORDER BY not_before LIMIT 1000",
      channel,
      now.getTime(),
    );
    return rows.map((row) => ({ channel, lane: text(row, "lane") }));
  }

  async pending(lane: DueLane, limit: number): Promise<readonly OutboxEntry[]> {
    const head = this.#database.one(
      "SELECT tries, ambiguous FROM lanes WHERE channel = ? AND lane = ?",
      lane.channel,
      lane.lane,
    );
    if (head === null) return [];
    const rows = this.#database.all(
      "SELECT sequence, id, payload FROM outbox WHERE state = 'pending' AND channel = ? AND lane = ? ORDER BY sequence LIMIT ?",
      lane.channel,
      lane.lane,
      limit,
    );
    return rows.map((row, index) => ({
      sequence: integer(row, "sequence"),
      id: text(row, "id"),
      channel: lane.channel,
      lane: lane.lane,
      payload: text(row, "payload"),
      // Only the first has been tried: the others waited behind it.
      tries: index === 0 ? integer(head, "tries") : 0,
      ambiguous: index === 0 && integer(head, "ambiguous") === 1,
    }));
  }

  async settle(
    lane: DueLane,
    entries: readonly [OutboxEntry, ...OutboxEntry[]],
    outcome: DeliveryOutcome,
    now: Date,
  ): Promise<void> {
    await this.#database.commit(() => {
      switch (outcome.kind) {
        case "delivered":
          for (const { sequence } of entries.slice(0, outcome.count)) this.#end(sequence, "delivered", "", now);
          return this.#advance(lane, now);
        case "undeliverable":
          this.#end(entries[0].sequence, "aside", outcome.reason, now);
          return this.#advance(lane, now);
        case "retry":
          this.#database.run(
            "UPDATE lanes SET tries = tries + 1, ambiguous = ?, not_before = ?, note = ? WHERE channel = ? AND lane = ?",
            outcome.ambiguous ? 1 : 0,
            now.getTime() + Math.max(1, Math.round(outcome.afterMs)),
            outcome.reason.slice(0, 500),
            lane.channel,
            lane.lane,
          );
          return;
      }
    });
  }

  #end(sequence: number, state: "delivered" | "aside", note: string, now: Date): void {
    this.#database.run(
      "UPDATE outbox SET state = ?, note = ?, settled_at = ?, payload = CASE ? WHEN 'delivered' THEN '' ELSE payload END WHERE sequence = ?",
      state,
      note.slice(0, 500),
      now.getTime(),
      state,
      sequence,
    );
  }

  #advance(lane: DueLane, now: Date): void {
    const more = this.#database.one(
      "SELECT 1 FROM outbox WHERE state = 'pending' AND channel = ? AND lane = ? LIMIT 1",
      lane.channel,
      lane.lane,
    );
    if (more === null) {
      this.#database.run("DELETE FROM lanes WHERE channel = ? AND lane = ?", lane.channel, lane.lane);
      return;
    }
    this.#database.run(
      "UPDATE lanes SET tries = 0, ambiguous = 0, not_before = ?, note = '' WHERE channel = ? AND lane = ?",
      now.getTime(),
      lane.channel,
      lane.lane,
    );
  }

  async nextDue(channel: string): Promise<Date | null> {
    const row = this.#database.one("SELECT MIN(not_before) AS due FROM lanes WHERE channel = ?", channel);
    return row === null || row["due"] === null ? null : new Date(integer(row, "due"));
  }

  /** The payloads of all that waits in a channel, in its order. */
  kept(channel: string): readonly string[] {
    const sql = "SELECT payload FROM outbox WHERE channel = ? AND state = 'pending' ORDER BY sequence";
    return this.#database.all(sql, channel).map((row) => text(row, "payload"));
  }

  /** How much waits, and how much was set aside: for `/metrics`, `queue` and `doctor`. */
  counts(): { readonly pending: number; readonly aside: number } {
    const pending = this.#database.one("SELECT COUNT(*) AS n FROM outbox WHERE state = 'pending'");
    const aside = this.#database.one("SELECT COUNT(*) AS n FROM outbox WHERE state = 'aside'");
    return { pending: pending === null ? 0 : integer(pending, "n"), aside: aside === null ? 0 : integer(aside, "n") };
  }
}
