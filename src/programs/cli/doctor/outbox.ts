import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Finding, fine, problem, warning } from "./finding.ts";

/** Set aside longer ago is history. */
const shownDays = 14;
/** So many of each kind are named; the rest is counted. */
const mostNamed = 10;

interface Row {
  readonly channel: string;
  readonly lane: string;
  readonly note: string;
  readonly count: number;
}

/**
 * What the outbox cannot get rid of: entries that were set aside (their issue is deleted or locked, say) and lanes that are
 * tried again and again. Reads the program's database and changes nothing; a program that has not run yet has none.
 */
export function judgeOutbox(database: string, now: Date): readonly Finding[] {
  if (!existsSync(database)) return [];
  const opened = new DatabaseSync(database, { readOnly: true, timeout: 30_000 });
  try {
    const since = now.getTime() - shownDays * 86_400_000;
    const aside = opened
      .prepare(
        "SELECT channel, lane, note, COUNT(*) AS count FROM outbox WHERE state = 'aside' AND settled_at > ? GROUP BY channel, lane, note ORDER BY MAX(sequence) DESC",
      )
      .all(since)
      .map(row);
    const stuck = opened
      .prepare("SELECT channel, lane, note, tries AS count FROM lanes WHERE tries >= 3 ORDER BY tries DESC")
      .all()
      .map(row);
    const findings = [
      ...named(aside, ({ lane, channel, note, count }) =>
        warning(
          `${channel}: ${count} for '${lane}' could not be delivered: ${note}`,
          "look whether it matters; it is not tried again",
        ),
      ),
      ...named(stuck, ({ lane, channel, note, count }) =>
        problem(
          `${channel}: '${lane}' waits, tried ${count} times: ${note}`,
          "mend what the reason names; it is tried again by itself",
        ),
      ),
    ];
    return findings.length > 0 ? findings : [fine("outbox: nothing is stuck or set aside")];
  } finally {
    opened.close();
  }
}

function row(found: Record<string, unknown>): Row {
  // Titles and reasons hold other people's words.
  const word = (name: string): string =>
    String(found[name] ?? "")
      .replace(/[^\x20-\x7e\u00a0-\u024f]/g, "?")
      .slice(0, 200);
  return { channel: word("channel"), lane: word("lane"), note: word("note"), count: Number(found["count"]) };
}

function named(rows: readonly Row[], finding: (row: Row) => Finding): readonly Finding[] {
  const more = rows.length - mostNamed;
  const shown = rows.slice(0, mostNamed).map(finding);
  return more > 0 ? [...shown, warning(`and ${more} more of the kind`, "mend the first, and look again")] : shown;
}
