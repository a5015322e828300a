import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Finding, problem } from "./finding.ts";

/**
 * What jobs that are over have perhaps applied and nobody has stated: the agent states it within minutes, unless it cannot.
 * Reads the agent's database and changes nothing.
 */
export function judgeLeft(database: string): readonly Finding[] {
  if (!existsSync(database)) return [];
  const opened = new DatabaseSync(database, { readOnly: true, timeout: 30_000 });
  try {
    // An earlier version's agent noted none.
    if (opened.prepare("SELECT 1 FROM sqlite_master WHERE name = 'begun_plans'").get() === undefined) return [];
    return opened
      .prepare(
        `SELECT jobs.id, json_extract(request, '$.builder') AS builder, group_concat(dist, ', ') AS dists
         FROM begun_plans JOIN jobs ON jobs.id = job
         WHERE stated = 0 AND state NOT IN ('queued', 'running') GROUP BY jobs.id ORDER BY jobs.id DESC LIMIT 10`,
      )
      .all()
      .map(({ id, builder, dists }) =>
        problem(
          `job ${String(id)} of ${String(builder)} has begun to change ${String(dists)}, and what came of it is not stated`,
          "the agent states it by itself, every five minutes: its log says what is in the way",
        ),
      );
  } finally {
    opened.close();
  }
}
