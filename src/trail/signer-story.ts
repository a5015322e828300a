/** All that one maintainer's key ever asked for, and what came of it: for the day on which that key is lost. */
import type { Fingerprint, QubeName, Tell } from "../domain/index.ts";
import { traceOf } from "../signed/index.ts";
import { BrokenLink } from "./broken-link.ts";
import { signedLineOf } from "./check-asked.ts";
import { LogChecker } from "./check-logs.ts";
import type { Deed } from "./deed.ts";
import type { AuditEvidence } from "./ports.ts";
import { readStatements } from "./read-statements.ts";

/** A signed message as an environment's ledger knows it: refused and failed commands, too, which nobody states. */
export interface LedgerMessage {
  readonly environment: QubeName;
  readonly comment: string;
  readonly receivedAt: Date;
  /** Null: still open, or another environment's affair. */
  readonly lines: readonly { readonly line: string; readonly outcome: string | null }[];
}

/** One of the key's commands. */
interface SignerLine {
  readonly line: string;
  /** What is stated to have been done by it. */
  readonly deeds: readonly Deed[];
  /** What ledgers say of it. */
  readonly outcomes: readonly { readonly environment: QubeName; readonly outcome: string }[];
}

/** One signed message of the key. */
export interface SignerMessage {
  /** The id that follows it through all logs. */
  readonly trace: string;
  readonly signedAt: Date;
  readonly comment: string;
  readonly lines: readonly SignerLine[];
}

/** What is known of a key. */
export interface SignerStory {
  readonly signer: Fingerprint;
  /** In the order in which they were signed. */
  readonly messages: readonly SignerMessage[];
  /** Comments of which it cannot be said who signed them, with where they stand and why. */
  readonly doubtful: readonly { readonly where: string; readonly why: string }[];
}

/** Tells it, from statements that hold, and from ledgers where there are some. Throws {@link BrokenLink} for a statement that does not hold. */
export async function tellOfSigner(
  signer: Fingerprint,
  evidence: AuditEvidence,
  ledger: readonly LedgerMessage[],
  tell: Tell = () => undefined,
): Promise<SignerStory> {
  const stated = await readStatements(evidence, new LogChecker(evidence), ({ asked }) => asked.by === "comment", tell);
  const doubtful: { where: string; why: string }[] = [];
  const messages = new Map<string, { signedAt: Date; lines: readonly string[] }>();
  const others = new Set<string>();
  const hear = async (comment: string, at: Date, where: string): Promise<void> => {
    if (messages.has(comment) || others.has(comment)) return;
    const lines = await evidence.readComment(comment, at);
    const [first] = lines;
    if (typeof lines === "string") doubtful.push({ where, why: lines });
    else if (typeof first === "object" && first.message.signer === signer) {
      messages.set(comment, { signedAt: first.message.signedAt, lines: lines.map(({ line }) => line) });
      return;
    }
    others.add(comment);
  };
  for (const one of stated) {
    if (one.deed.asked.by === "comment") await hear(one.deed.asked.comment, one.deed.at, one.path);
  }
  for (const { comment, receivedAt, environment } of ledger)
    await hear(comment, receivedAt, `the ledger of ${environment}`);
  for (const one of stated) await needLine(one, messages, evidence);

  const messageOf = ([comment, { signedAt, lines }]: [
    string,
    { signedAt: Date; lines: readonly string[] },
  ]): SignerMessage => ({
    trace: traceOf(Buffer.from(comment, "latin1")),
    signedAt,
    comment,
    lines: lines.map((line) => ({
      line,
      deeds: stated
        .map(({ deed }) => deed)
        .filter(({ asked }) => asked.by === "comment" && asked.comment === comment && asked.line === line),
      outcomes: ledger
        .filter((one) => one.comment === comment)
        .flatMap(({ environment, lines: known }) =>
          known.flatMap((one) =>
            one.line === line && one.outcome !== null ? [{ environment, outcome: one.outcome }] : [],
          ),
        ),
    })),
  });
  const told = [...messages].map(messageOf).sort((a, b) => a.signedAt.getTime() - b.signedAt.getTime());
  return { signer, messages: told, doubtful };
}

/** A deed that leans on a line which the comment does not have would be missing from the story. */
async function needLine(
  one: Awaited<ReturnType<typeof readStatements>>[number],
  messages: ReadonlyMap<string, unknown>,
  evidence: AuditEvidence,
): Promise<void> {
  const { asked } = one.deed;
  if (asked.by !== "comment" || !messages.has(asked.comment)) return;
  if ((await signedLineOf(one, evidence)) === null) throw new BrokenLink("comment", one.path, "no comment is named");
}
