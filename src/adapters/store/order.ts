import type { LedgerView, OrderScope } from "../../authority/index.ts";
import { parseFingerprint } from "../../domain/index.ts";
import { type Database, integer, text } from "./database.ts";

/** Notes that something signed then has run: what was signed earlier comes too late. Inside a transaction of the caller's. */
export function markRan(database: Database, scopes: readonly OrderScope[], signedAt: number): void {
  for (const { release, subject, distribution } of scopes) {
    database.run(
      `INSERT INTO ran VALUES (?, ?, ?, ?)
       ON CONFLICT (release, subject, distribution) DO UPDATE SET signed_at = MAX(signed_at, excluded.signed_at)`,
      release,
      subject,
      distribution ?? "",
      signedAt,
    );
  }
}

/** What authority asks of the ledger. */
export function ledgerView(database: Database): LedgerView {
  return {
    lastExecuted({ release, subject, distribution }) {
      const row = database.one(
        "SELECT signed_at FROM ran WHERE release = ? AND subject = ? AND distribution = ?",
        release,
        subject,
        distribution ?? "",
      );
      return row === null ? null : new Date(integer(row, "signed_at"));
    },
    holder({ release, component, commit, distribution }) {
      const row = database.one(
        "SELECT signer FROM holds WHERE release = ? AND component = ? AND commit_sha = ? AND distribution = ?",
        release,
        component,
        commit,
        distribution,
      );
      return row === null ? null : parseFingerprint(text(row, "signer"));
    },
  };
}
