import type { Report, StatusEvent } from "../../domain/index.ts";
import type { NewOutboxEntry } from "../../work/index.ts";
import { type Database, text } from "./database.ts";
import { addToOutbox } from "./outbox-store.ts";

/** A repository that is uploaded as a whole: its tree's root, and words that name it there. */
export interface AwaitedPlace {
  readonly root: string;
  readonly repository: string;
}

/** What is published and has not reached the mirror: `uploaded` is told when it has. */
export class AwaitedUploads {
  readonly #database: Database;
  readonly #entries: (report: Report) => readonly NewOutboxEntry[];

  constructor(database: Database, entries: (report: Report) => readonly NewOutboxEntry[]) {
    this.#database = database;
    this.#entries = entries;
  }

  /** Keeps the event until {@link reached}. */
  async add({ root, repository }: AwaitedPlace, event: StatusEvent): Promise<void> {
    await this.#database.commit(() =>
      this.#database.run(
        "INSERT INTO awaited_uploads VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        event.id,
        root,
        repository,
        JSON.stringify(event),
      ),
    );
  }

  /** The mirror has all that was published there: the events go into the outbox, at once. */
  async reached({ root, repository }: AwaitedPlace, now: Date): Promise<void> {
    await this.#database.commit(() => {
      const rows = this.#database.all(
        "SELECT report FROM awaited_uploads WHERE root = ? AND repository = ?",
        root,
        repository,
      );
      for (const row of rows) {
        const kept = JSON.parse(text(row, "report")) as StatusEvent;
        const report: Report = { kind: "status", event: { ...kept, at: now } };
        for (const entry of this.#entries(report)) addToOutbox(this.#database, entry, now);
      }
      this.#database.run("DELETE FROM awaited_uploads WHERE root = ? AND repository = ?", root, repository);
    });
  }
}
