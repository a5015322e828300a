import type { LedgerView } from "../../authority/index.ts";
import type { CommentPlace, Report, Sha256 } from "../../domain/index.ts";
import {
  eventId,
  type FactName,
  type Ledger,
  type NewOutboxEntry,
  type PlaceState,
  placeEntry,
  type RecordedLine,
  type Recording,
  receiptReaction,
  type SignedMessage,
} from "../../work/index.ts";
import { type Database, integer, text } from "./database.ts";
import { addJob } from "./job-store.ts";
import { answerOnce, readMessage } from "./message-rows.ts";
import { ledgerView, markRan } from "./order.ts";
import { addToOutbox } from "./outbox-store.ts";

/** Reactions in an hour to what is not signed rightly: anybody can write such comments, and must not make the bot busy. */
const confusedAnHour = 30;

/** The ledger in SQLite. */
export class SqliteLedger implements Ledger {
  readonly view: LedgerView;
  readonly #database: Database;
  readonly #entries: (report: Report) => readonly NewOutboxEntry[];

  constructor(database: Database, entries: (report: Report) => readonly NewOutboxEntry[]) {
    this.#database = database;
    this.#entries = entries;
    this.view = ledgerView(database);
  }

  async find(key: string): Promise<SignedMessage | null> {
    return readMessage(this.#database, key);
  }

  record(recording: Recording): Promise<"recorded" | "known"> {
    return this.#database.commit(() => {
      if (!this.#insert(recording)) return "known";
      for (const [index, line] of recording.lines.entries()) this.#insertLine(recording, index, line);
      const { place } = recording;
      // Where another environment's command was posted is that environment's question.
      const ours = recording.lines.some(({ stand }) => stand.kind !== "silent");
      if (place.kind === "claimed" && ours) {
        const { key, blockSha256 } = recording;
        this.#add(
          [placeEntry({ place: place.place, blockSha256, purpose: { kind: "message", key } })],
          recording.receivedAt,
        );
      }
      this.#add(recording.statements, recording.receivedAt);
      this.#tellReceipt(recording.key, recording.receivedAt);
      return "recorded";
    });
  }

  #insert(recording: Recording): boolean {
    const { place } = recording;
    const where = place.kind === "unknown" ? null : place.place;
    const added = this.#database.run(
      `INSERT INTO messages (key, signer, signed_at, received_at, trace, block, block_sha256, environment, place_kind, issue, comment, subject)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      recording.key,
      recording.signer,
      recording.signedAt.getTime(),
      recording.receivedAt.getTime(),
      recording.trace,
      recording.block,
      recording.blockSha256,
      recording.environment,
      place.kind,
      where?.issue ?? null,
      where?.comment ?? null,
      JSON.stringify(recording.subject),
    );
    return added > 0;
  }

  #insertLine(recording: Recording, index: number, { line, stand, tell, jobs, holds, ran }: RecordedLine): void {
    this.#database.run(
      "INSERT INTO lines (message, line, text, tell, stand) VALUES (?, ?, ?, ?, ?)",
      recording.key,
      index,
      line,
      tell,
      JSON.stringify(stand),
    );
    for (const job of jobs)
      addJob(this.#database, { ...job, trace: recording.trace, answers: "message" }, recording.receivedAt);
    markRan(this.#database, ran, recording.signedAt.getTime());
    for (const { action, release, component, commit, distribution } of holds) {
      if (action === "hold") {
        this.#database.run(
          "INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          release,
          component,
          commit,
          distribution,
          recording.signer,
          recording.signedAt.getTime(),
        );
      } else {
        this.#database.run(
          "DELETE FROM holds WHERE release = ? AND component = ? AND commit_sha = ? AND distribution = ?",
          release,
          component,
          commit,
          distribution,
        );
      }
    }
  }

  /** 👀, and the answer where nothing is left open. */
  #tellReceipt(key: string, now: Date): void {
    const message = readMessage(this.#database, key);
    const receipt = message === null ? null : receiptReaction(message);
    const reports = [...(receipt === null ? [] : [receipt]), ...answerOnce(this.#database, key)];
    this.#add(reports.flatMap(this.#entries), now);
  }

  #add(entries: readonly NewOutboxEntry[], now: Date): void {
    for (const entry of entries) addToOutbox(this.#database, entry, now);
  }

  async provePlace(key: string, place: CommentPlace, now: Date): Promise<void> {
    await this.#database.commit(() => {
      const changed = this.#database.run(
        "UPDATE messages SET place_kind = 'proven', issue = ?, comment = ? WHERE key = ? AND place_kind <> 'proven' AND answered = 0",
        place.issue,
        place.comment,
        key,
      );
      if (changed > 0) this.#tellReceipt(key, now);
    });
  }

  async claimPlace(key: string, place: CommentPlace, blockSha256: Sha256, now: Date): Promise<void> {
    await this.#database.commit(() => {
      const changed = this.#database.run(
        "UPDATE messages SET place_kind = 'claimed', issue = ?, comment = ? WHERE key = ? AND place_kind = 'unknown' AND answered = 0",
        place.issue,
        place.comment,
        key,
      );
      if (changed > 0) this.#add([placeEntry({ place, blockSha256, purpose: { kind: "message", key } })], now);
    });
  }

  async refutePlace(key: string, now: Date): Promise<void> {
    await this.#database.commit(() => {
      const changed = this.#database.run(
        "UPDATE messages SET place_kind = 'unknown', issue = NULL, comment = NULL WHERE key = ? AND place_kind = 'claimed'",
        key,
      );
      if (changed > 0) this.#tellReceipt(key, now);
    });
  }

  confuse(place: PlaceState, blockSha256: Sha256, now: Date): Promise<"reacted" | "spent"> {
    return this.#database.commit(() => {
      if (place.kind === "unknown") return "spent";
      this.#database.run("DELETE FROM reactions WHERE at <= ?", now.getTime() - 3_600_000);
      const spent = this.#database.one("SELECT COUNT(*) AS n FROM reactions");
      if (spent !== null && integer(spent, "n") >= confusedAnHour) return "spent";
      const entries =
        place.kind === "claimed"
          ? [placeEntry({ place: place.place, blockSha256, purpose: { kind: "confused" } })]
          : this.#entries(confusedReaction(place.place));
      let added = false;
      for (const entry of entries) added = addToOutbox(this.#database, entry, now) || added;
      if (!added) return "spent";
      this.#database.run("INSERT INTO reactions VALUES (?)", now.getTime());
      return "reacted";
    });
  }

  async confuseProven(place: CommentPlace, now: Date): Promise<void> {
    await this.#database.commit(() => this.#add(this.#entries(confusedReaction(place)), now));
  }

  async block(key: string): Promise<{ readonly block: string; readonly receivedAt: Date } | null> {
    const row = this.#database.one("SELECT block, received_at FROM messages WHERE key = ?", key);
    return row === null ? null : { block: text(row, "block"), receivedAt: new Date(integer(row, "received_at")) };
  }

  async fact(name: FactName): Promise<string | null> {
    const row = this.#database.one("SELECT value FROM facts WHERE name = ?", name);
    return row === null ? null : text(row, "value");
  }

  async setFact(name: FactName, value: string): Promise<void> {
    await this.#database.commit(() =>
      this.#database.run(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
      ),
    );
  }
}

/** The reaction on a comment of which nothing else may be said. */
function confusedReaction(place: CommentPlace): Report {
  return { kind: "reaction", reaction: { id: eventId("c", place.comment), place, content: "confused" } };
}
