import { DatabaseSync } from "node:sqlite";

/** Which status issue a title has, kept over restarts: saves the search for it. Losing it costs requests, nothing else. */
export interface IssueMemory {
  get(title: string): number | null;
  set(title: string, issue: number): void;
  forget(title: string): void;
  /** The newest issue whose title begins and ends so: `core-admin `, ` (r4.3)`. */
  newest(beginning: string, ending: string): number | null;
  close(): void;
}

/** The memory in one SQLite file; `:memory:` for a process that keeps none. */
export function issueMemory(file: string): IssueMemory {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 30000");
  database.exec("CREATE TABLE IF NOT EXISTS issue (title TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT");
  const number = (row: Record<string, unknown> | undefined): number | null =>
    typeof row?.["number"] === "number" ? row["number"] : null;
  const get = database.prepare("SELECT number FROM issue WHERE title = ?");
  const set = database.prepare("INSERT INTO issue VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number");
  const forget = database.prepare("DELETE FROM issue WHERE title = ?");
  const newest = database.prepare(
    "SELECT max(number) AS number FROM issue WHERE substr(title, 1, length(?1)) = ?1 AND substr(title, -length(?2)) = ?2",
  );
  return {
    get: (title) => number(get.get(title)),
    set: (title, issue) => void set.run(title, issue),
    forget: (title) => void forget.run(title),
    newest: (beginning, ending) => number(newest.get(beginning, ending)),
    close: () => database.close(),
  };
}
