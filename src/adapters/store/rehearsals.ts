import type { RefusedLine, Rehearsal } from "../../shadow/index.ts";
import type { LineStand } from "../../work/index.ts";
import { type Database, integer, text } from "./database.ts";

/** Anybody can post what nobody signed: only the newest are kept. */
const mostRefused = 2000;

/** What would have been done, and what was refused before it came to that; in the agent's own state. */
export class Rehearsals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps what was decided, once: what a restart decides again changes nothing. Only where there was nothing to do a later
   * decision takes its place: a push whose tag came after it.
   */
  async keep(rehearsal: Rehearsal): Promise<void> {
    const settled = rehearsal.action !== "build" || rehearsal.places.some(({ verdict }) => verdict === "would");
    await this.#database.commit(() =>
      this.#database.run(
        `INSERT INTO rehearsals VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
         SET decided_at = excluded.decided_at, settled = excluded.settled, rehearsal = excluded.rehearsal WHERE settled = 0`,
        rehearsal.key,
        Date.parse(rehearsal.decidedAt),
        settled ? 1 : 0,
        JSON.stringify(rehearsal),
      ),
    );
  }

  /** Keeps a message that was not taken; the newest {@link mostRefused} stay. */
  async keepRefused(line: RefusedLine): Promise<void> {
    await this.#database.commit(() => {
      this.#database.run(
        "INSERT INTO refused_messages (key, at, line) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        line.key,
        Date.parse(line.at),
        JSON.stringify(line),
      );
      this.#database.run(
        "DELETE FROM refused_messages WHERE id <= (SELECT MAX(id) FROM refused_messages) - ?",
        mostRefused,
      );
    });
  }

  /** The oldest first. */
  since(date: Date): readonly Rehearsal[] {
    const sql = "SELECT rehearsal FROM rehearsals WHERE decided_at >= ? ORDER BY decided_at";
    return this.#database.all(sql, date.getTime()).map((row) => JSON.parse(text(row, "rehearsal")) as Rehearsal);
  }

  /** Messages that were not taken, and lines of good messages that were refused before there was a job to plan. */
  refusedSince(date: Date): readonly RefusedLine[] {
    const messages = this.#database
      .all("SELECT line FROM refused_messages WHERE at >= ? ORDER BY id", date.getTime())
      .map((row) => JSON.parse(text(row, "line")) as RefusedLine);
    const lines = this.#database.all(
      `SELECT messages.key, lines.line, received_at, trace, signer, text, stand FROM lines JOIN messages ON message = key
       WHERE received_at >= ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.message = lines.message AND jobs.line = lines.line)
       ORDER BY received_at, lines.line`,
      date.getTime(),
    );
    return [
      ...messages,
      ...lines.flatMap((row): RefusedLine[] => {
        const stand = JSON.parse(text(row, "stand")) as LineStand;
        if (stand.kind !== "settled" || stand.outcome.kind !== "refused") return [];
        return [
          {
            key: `${text(row, "key")} ${integer(row, "line")}`,
            at: new Date(integer(row, "received_at")).toISOString(),
            trace: text(row, "trace"),
            signer: text(row, "signer") as RefusedLine["signer"],
            untrustedText: text(row, "text"),
            refusal: stand.outcome.refusal,
          },
        ];
      }),
    ];
  }
}
