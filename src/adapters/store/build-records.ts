import type { BuildRecord, BuildRecords } from "../../build/index.ts";
import { type CommitSha, type ComponentName, parseCommitSha, type Release } from "../../domain/index.ts";
import { type Database, text } from "./database.ts";

/** A commit and what `git describe` called it. */
interface BuiltVersion {
  readonly commit: CommitSha;
  readonly version: string;
}

/** The builds' records in SQLite, one row a job. */
export class SqliteBuildRecords implements BuildRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(record: BuildRecord): Promise<void> {
    await this.#database.commit(() =>
      this.#database.run(
        `INSERT INTO builds VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (job) DO UPDATE SET commit_sha = excluded.commit_sha, version = excluded.version, record = excluded.record`,
        record.job,
        record.release,
        record.component,
        record.commit,
        record.version,
        Date.parse(record.startedAt),
        JSON.stringify(record),
      ),
    );
  }

  async load(job: string): Promise<BuildRecord | null> {
    const row = this.#database.one("SELECT record FROM builds WHERE job = ?", job);
    return row === null ? null : (JSON.parse(text(row, "record")) as BuildRecord);
  }

  async lastBuilt(release: Release, component: ComponentName): Promise<BuiltVersion | null> {
    return this.#version(
      "SELECT commit_sha, version FROM builds WHERE release = ? AND component = ? AND commit_sha IS NOT NULL ORDER BY begun_at DESC LIMIT 1",
      release,
      component,
    );
  }

  /** What the commit was called when it was built here; null where it never was. */
  async versionOf(release: Release, component: ComponentName, commit: CommitSha): Promise<string | null> {
    const found = this.#version(
      "SELECT commit_sha, version FROM builds WHERE release = ? AND component = ? AND commit_sha = ? ORDER BY begun_at DESC LIMIT 1",
      release,
      component,
      commit,
    );
    return found?.version ?? null;
  }

  /** The newest builds first. */
  async list(limit: number): Promise<readonly BuildRecord[]> {
    const rows = this.#database.all("SELECT record FROM builds ORDER BY begun_at DESC LIMIT ?", limit);
    return rows.map((row) => JSON.parse(text(row, "record")) as BuildRecord);
  }

  #version(sql: string, ...values: string[]): BuiltVersion | null {
    const row = this.#database.one(sql, ...values);
    const commit = row === null ? null : parseCommitSha(text(row, "commit_sha"));
    return row === null || commit === null ? null : { commit, version: text(row, "version") };
  }
}
