import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { Database } from "../../../src/adapters/store/database.ts";
import { AdapterError } from "../../../src/domain/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const schema = "CREATE TABLE t (n INTEGER NOT NULL) STRICT";

function open(file = join(temporaryDirectory(), "t.db"), migrations = [schema]): Database {
  const database = new Database(file, migrations);
  onTestFinished(() => database.close().catch(() => {}));
  return database;
}

const insert = (database: Database, n: number) => database.commit(() => database.run("INSERT INTO t VALUES (?)", n));
const all = (database: Database): number[] => database.all("SELECT n FROM t ORDER BY n").map(({ n }) => Number(n));

describe("the state's file", () => {
  it("is written with a synced write-ahead log", () => {
    const database = open();
    expect(database.one("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" });
    expect(database.one("PRAGMA synchronous")).toEqual({ synchronous: 2 });
  });

  it("is led from version to version, and not opened by an older program", () => {
    const file = join(temporaryDirectory(), "t.db");
    open(file).one("SELECT * FROM t");
    const newer = open(file, [schema, "ALTER TABLE t ADD COLUMN m INTEGER"]);
    expect(newer.one("SELECT COUNT(m) AS c FROM t")).toEqual({ c: 0 });
    expect(() => new Database(file, [schema])).toThrow("written by a newer release-bot");
  });

  it("answers each write of a batch that fails as a whole with the fault, and goes on afterwards", async () => {
    const file = join(temporaryDirectory(), "t.db");
    const database = open(file);
    await insert(database, 1);
    database.run("PRAGMA busy_timeout = 50");
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const outcomes = await Promise.allSettled([insert(database, 2), insert(database, 3)]);
    for (const outcome of outcomes) {
      expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(AdapterError);
    }
    other.exec("COMMIT");
    other.close();
    await insert(database, 4);
    expect(all(database)).toEqual([1, 4]);
  });

  it("says that the disk is full, loses nothing that was there, and goes on when there is room", async () => {
    const database = open();
    await insert(database, 1);
    const { page_count: pages } = database.one("PRAGMA page_count") ?? {};
    database.run(`PRAGMA max_page_count = ${Number(pages)}`);
    const filling = database.commit(() => {
      for (let n = 0; n < 10_000; n++) database.run("INSERT INTO t VALUES (?)", 1000 + n);
    });
    await expect(filling).rejects.toThrow(/full/);
    expect(all(database)).toEqual([1]);
    database.run("PRAGMA max_page_count = 100000");
    await insert(database, 2);
    expect(all(database)).toEqual([1, 2]);
  });
});
