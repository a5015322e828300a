import type { OrderSubject } from "../../work/index.ts";
import type { Database } from "./database.ts";

/** Notes that something signed then has run: what was signed earlier comes too late. Inside a transaction of the caller's. */
export function markRan(database: Database, { release, subject, distributions }: OrderSubject, signedAt: number): void {
  for (const distribution of distributions.length === 0 ? [""] : distributions) {
    database.run(
      `INSERT INTO ran VALUES (?, ?, ?, ?)
       ON CONFLICT (release, subject, distribution) DO UPDATE SET signed_at = MAX(signed_at, excluded.signed_at)`,
      release,
      subject,
      distribution,
      signedAt,
    );
  }
}
