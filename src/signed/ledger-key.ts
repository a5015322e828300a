import { createHash } from "node:crypto";
import type { Brand, Fingerprint } from "../domain/index.ts";

/** What the ledger knows a signature by: the signer's fingerprint, a colon, 64 hex digits. */
export type LedgerKey = Brand<string, "LedgerKey">;

/**
 * Signer and SHA-256 of the canonical text followed by the hashed part of the signature packet: what the signer signed,
 * and nothing that somebody else can change. Packet headers, unhashed subpackets, armor and ECDSA's other s can all be
 * re-encoded without breaking a signature, so none of them may take part, or one signature would run twice.
 */
export function ledgerKeyOf(signer: Fingerprint, canonicalText: Uint8Array, hashedPart: Uint8Array): LedgerKey {
  const digest = createHash("sha256").update(canonicalText).update(hashedPart).digest("hex");
  return `${signer}:${digest}` as LedgerKey;
}
