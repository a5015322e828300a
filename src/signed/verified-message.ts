import type { Fingerprint, TraceId } from "../domain/index.ts";
import type { LedgerKey } from "./ledger-key.ts";

/** What verification found out about a message. */
export interface VerifiedFacts {
  /** The *primary* fingerprint of the trusted certificate. */
  readonly signer: Fingerprint;
  /** The signature's own creation time: hashed, so the signer's word. */
  readonly signedAt: Date;
  /** The command lines, without the empty lines after the last. */
  readonly lines: readonly string[];
  readonly trace: TraceId;
  readonly ledgerKey: LedgerKey;
}

/**
 * A message whose signature both verifiers found good. The face of this room exports the type alone, and the private
 * field keeps look-alikes out: only `verifyFrame` makes one.
 */
export class VerifiedMessage implements VerifiedFacts {
  readonly #verified = true;
  readonly signer: Fingerprint;
  readonly signedAt: Date;
  readonly lines: readonly string[];
  readonly trace: TraceId;
  readonly ledgerKey: LedgerKey;

  constructor(facts: VerifiedFacts) {
    this.signer = facts.signer;
    this.signedAt = facts.signedAt;
    this.lines = facts.lines;
    this.trace = facts.trace;
    this.ledgerKey = facts.ledgerKey;
  }

  /** True for what verification made; false for anything that merely looks like it. */
  static is(value: object): value is VerifiedMessage {
    return #verified in value && value.#verified;
  }
}
