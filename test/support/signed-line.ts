import type { Fingerprint } from "../../src/domain/index.ts";
import { parseCommands, type SignedLine, traceOf } from "../../src/signed/index.ts";
import { ledgerKeyOf } from "../../src/signed/ledger-key.ts";
import { VerifiedMessage } from "../../src/signed/verified-message.ts";

/** The lines of a message as verification would answer them; for tests of what comes after it. */
export function signedLines(signer: string, signedAt: Date, ...lines: readonly string[]): readonly SignedLine[] {
  const text = Buffer.from(lines.join("\r\n"));
  const ledgerKey = ledgerKeyOf(signer as Fingerprint, text, Buffer.from(String(signedAt.getTime())));
  const facts = { signer: signer as Fingerprint, signedAt, lines, trace: traceOf(text), ledgerKey };
  return parseCommands(new VerifiedMessage(facts));
}
