import type { ComponentName, Release } from "../../domain/index.ts";
import { type Database, text } from "./database.ts";

/** Which version tags of a component's remote have been seen. */
export class SeenTags {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Null where nobody has ever looked. */
  async known(release: Release, component: ComponentName): Promise<readonly string[] | null> {
    const sql = "SELECT tags FROM seen_tags WHERE release = ? AND component = ?";
    const row = this.#database.one(sql, release, component);
    return row === null ? null : (JSON.parse(text(row, "tags")) as string[]);
  }

  async remember(release: Release, component: ComponentName, tags: readonly string[]): Promise<void> {
    await this.#database.commit(() =>
      this.#database.run(
        "INSERT INTO seen_tags VALUES (?, ?, ?) ON CONFLICT (release, component) DO UPDATE SET tags = excluded.tags",
        release,
        component,
        JSON.stringify(tags),
      ),
    );
  }
}
