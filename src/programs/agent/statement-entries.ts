/**
 * Statements on their way: the outbox holds them until they are signed and kept, so that a keys qube, a logs qube or a remote
 * that is away loses none. Entries of one key go together, into one log.
 */
import { AdapterError, type Fingerprint, type LogPath, parseFingerprint } from "../../domain/index.ts";
import { parseStatement, renderStatement, type Statement } from "../../formats/in-toto/index.ts";
import { type Deed, statementOf } from "../../trail/index.ts";
import { backOff, type Deliverer, type DeliveryOutcome, eventId, type NewOutboxEntry } from "../../work/index.ts";

/** The outbox channel of what is to be stated. */
export const statementsChannel = "statements";

/** A deed as an entry, to be signed by the key; the words name the deed, which is stated once however often it is added. */
export function statementEntry(key: Fingerprint, deed: Deed, ...words: readonly (string | number)[]): NewOutboxEntry {
  return {
    id: eventId("s", deed.kind, deed.environment, deed.distribution ?? "", ...words),
    channel: statementsChannel,
    lane: key,
    payload: Buffer.from(renderStatement(statementOf(deed))).toString("utf8"),
  };
}

/** What signing statements needs. */
export interface StatementParts {
  /** Signs them and keeps them; answers where. Throws AdapterError. */
  readonly record: (key: Fingerprint, statements: readonly Statement[]) => Promise<LogPath>;
  readonly random: () => number;
  /** Nobody waits for the keys qube when the program is to end. */
  readonly end: AbortSignal;
  readonly onStated: (path: LogPath, statements: readonly Statement[]) => void;
}

const patience = { first: 5_000, longest: 600_000 };

/** Signs what waits, all of one lane in one log. One that was perhaps kept is made again: twice is no harm, never is. */
export function statementDeliverer(parts: StatementParts): Deliverer {
  return {
    async deliver(entries): Promise<DeliveryOutcome> {
      const [first] = entries;
      const key = parseFingerprint(first.lane);
      const statements = entries.map(({ payload }) => parseStatement(Buffer.from(payload)));
      const known = statements.filter((one) => one !== null);
      if (key === null || statements[0] == null || known.length < statements.length) {
        return { kind: "undeliverable", reason: "it is not a statement as this program writes them" };
      }
      const later = (reason: string): DeliveryOutcome => {
        return { kind: "retry", afterMs: backOff(first.tries, parts.random(), patience), ambiguous: false, reason };
      };
      try {
        const path = await Promise.race([parts.record(key, known), stopped(parts.end)]);
        if (path === null) return later("the program ends");
        parts.onStated(path, known);
        return { kind: "delivered", count: known.length };
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        return later(`${error.code}: ${error.message}`);
      }
    },
  };
}

function stopped(end: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (end.aborted) resolve(null);
    else end.addEventListener("abort", () => resolve(null), { once: true });
  });
}
