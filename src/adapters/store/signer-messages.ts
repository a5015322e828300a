import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AdapterError, type Fingerprint, parseQubeName, type QubeName } from "../../domain/index.ts";
import type { LineStand } from "../../work/index.ts";

/** A message of one signer as a ledger has it. */
export interface SignerMessage {
  readonly environment: QubeName;
  /** The whole signed block, as it came. */
  readonly comment: string;
  readonly receivedAt: Date;
  readonly lines: readonly { readonly line: string; readonly outcome: string | null }[];
}

/** What an agent's ledger (`agent.db`, or a copy of it) knows of a signer; it is only read. Throws AdapterError. */
export function readSignerMessages(file: string, signer: Fingerprint): readonly SignerMessage[] {
  if (!existsSync(file))
    throw new AdapterError("NOT_FOUND", `${file}: there is no such ledger; it is the agent's agent.db`);
  const opened = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  try {
    const messages = opened
      .prepare("SELECT key, environment, block, received_at FROM messages WHERE signer = ? ORDER BY signed_at")
      .all(signer);
    const lines = opened.prepare("SELECT text, stand FROM lines WHERE message = ? ORDER BY line");
    return messages.map((message) => {
      const environment = parseQubeName(String(message["environment"]));
      if (environment === null) throw new AdapterError("UNEXPECTED_ANSWER", `${file}: a message is damaged`);
      return {
        environment,
        comment: String(message["block"]),
        receivedAt: new Date(Number(message["received_at"])),
        lines: lines.all(String(message["key"])).map((line) => ({
          line: String(line["text"]),
          outcome: outcomeOf(JSON.parse(String(line["stand"])) as LineStand),
        })),
      };
    });
  } catch (cause) {
    if (cause instanceof AdapterError) throw cause;
    throw new AdapterError("UNEXPECTED_ANSWER", `${file}: is no agent's ledger that can be read`, cause);
  } finally {
    opened.close();
  }
}

/** Null for another environment's affair. */
function outcomeOf(stand: LineStand): string | null {
  switch (stand.kind) {
    case "silent":
      return null;
    case "open":
      return "not ended yet";
    case "settled":
      switch (stand.outcome.kind) {
        case "done":
          return `done: ${stand.outcome.summary}`;
        case "failed":
          return `failed: ${stand.outcome.reason}`;
        case "refused":
          return `refused: ${stand.outcome.refusal.code}: ${stand.outcome.refusal.message}`;
      }
  }
}
