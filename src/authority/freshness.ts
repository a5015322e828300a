import { type Command, type Refusal, refusal, timestampDate } from "../domain/index.ts";
import { type AuthorizedCommand, orderScopes } from "./authorized-command.ts";
import type { LedgerView } from "./ports.ts";

const oldestMs = 60 * 60_000;
const aheadMs = 5 * 60_000;

/** Refuses a TIMESTAMP that is older than an hour, or more than five minutes ahead. Others have none. */
export function refuseTimestamp(command: Command, now: Date): Refusal | null {
  if (!("timestamp" in command)) return null;
  const age = now.getTime() - timestampDate(command.timestamp).getTime();
  if (age <= oldestMs && age >= -aheadMs) return null;
  const here = now.toISOString().slice(0, 16).replace("T", " ");
  return refusal(
    "TIMESTAMP_OUT_OF_RANGE",
    command.timestamp,
    `the TIMESTAMP ${command.timestamp} is not within the last hour; it is ${here} UTC here`,
    "sign the command again with the time of signing, in UTC",
  );
}

/**
 * Refuses what was signed before something that has already run for the same release, subject and distribution: an
 * Upload that somebody held back must not follow the Withdraw that answered it.
 */
export function refuseOutOfOrder(command: AuthorizedCommand, signedAt: Date, ledger: LedgerView): Refusal | null {
  for (const scope of orderScopes(command)) {
    const last = ledger.lastExecuted(scope);
    if (last === null || last <= signedAt) continue;
    const what = [scope.subject, scope.distribution ?? ""].join(" ").trim();
    return refusal(
      "OUT_OF_ORDER",
      what,
      `a command signed later (${last.toISOString()}) has already run for ${what}; this one was signed ${signedAt.toISOString()}`,
      "if it is still wanted, sign it again",
    );
  }
  return null;
}
