import type { ImageRecord, ImageRecords } from "../../build/index.ts";
import { parseTimestamp, type Release, type Timestamp } from "../../domain/index.ts";
import { type Database, text } from "./database.ts";

/** Records of templates' and ISOs' builds in SQLite, one row a job. */
export class SqliteImageRecords implements ImageRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(record: ImageRecord): Promise<void> {
    const { subject } = record;
    const name = subject.kind === "template" ? subject.template : "iso";
    await this.#database.commit(() =>
      this.#database.run(
        `INSERT INTO images VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (job) DO UPDATE SET record = excluded.record`,
        record.job,
        subject.release,
        name,
        record.timestamp,
        Date.parse(record.startedAt),
        JSON.stringify(record),
      ),
    );
  }

  async load(job: string): Promise<ImageRecord | null> {
    const row = this.#database.one("SELECT record FROM images WHERE job = ?", job);
    return row === null ? null : (JSON.parse(text(row, "record")) as ImageRecord);
  }

  async lastTimestamp(release: Release, name: string, job: string): Promise<Timestamp | null> {
    const sql =
      "SELECT timestamp FROM images WHERE release = ? AND name = ? AND job <> ? ORDER BY timestamp DESC LIMIT 1";
    const row = this.#database.one(sql, release, name, job);
    return row === null ? null : parseTimestamp(text(row, "timestamp"));
  }

  /** The newest builds first. */
  async list(limit: number): Promise<readonly ImageRecord[]> {
    const rows = this.#database.all("SELECT record FROM images ORDER BY begun_at DESC LIMIT ?", limit);
    return rows.map((row) => JSON.parse(text(row, "record")) as ImageRecord);
  }
}
