import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqv } from "../../src/adapters/verifier/index.ts";
import type { RefusalCode } from "../../src/domain/index.ts";
import {
  extractBlocks,
  parseFrame,
  parseTrustedKeys,
  type SecondOpinion,
  type TrustedKeys,
  type VerifiedMessage,
  verifyFrame,
} from "../../src/signed/index.ts";

/** What verification said: the code of a refusal, or the message. */
export type Verdict = { readonly code: RefusalCode; readonly message: string } | { readonly verified: VerifiedMessage };

/** Frame check and both real verifiers, as the agent puts them together. */
export class Verification {
  readonly secondOpinion: SecondOpinion;
  readonly #scratch: string;

  private constructor(secondOpinion: SecondOpinion, scratch: string) {
    this.secondOpinion = secondOpinion;
    this.#scratch = scratch;
  }

  static async open(): Promise<Verification> {
    const directory = mkdtempSync(join(tmpdir(), "sqv-"));
    return new Verification(await openSqv({ program: "sqv", directory, limitMs: 120_000 }), directory);
  }

  /** Trusts these armored certificates, as a keyring. */
  async trust(...certificates: readonly string[]): Promise<TrustedKeys> {
    const file = { name: "trusted.asc", bytes: Buffer.from(certificates.join("\n")) };
    const keys = await parseTrustedKeys({ kind: "keyring", file });
    if (!keys.ok) throw new Error(keys.error.join("\n"));
    return keys.value;
  }

  /** Judges the bytes of one message as a build qube gets them. */
  async judge(message: string | Uint8Array, keys: TrustedKeys, now: Date, notBefore = new Date(0)): Promise<Verdict> {
    const frame = parseFrame(Buffer.from(message));
    if (!frame.ok) return frame.error;
    const { secondOpinion } = this;
    const verified = await verifyFrame(frame.value, { keys, secondOpinion, now, notBefore });
    return verified.ok ? { verified: verified.value } : verified.error;
  }

  /** The same for a message as it stands in a comment, cut out as the receiver does. Its code, or `accepted`. */
  async verdict(message: string, keys: TrustedKeys, now: Date, notBefore?: Date): Promise<RefusalCode | "accepted"> {
    const verdict = await this.judge(extractBlocks(message).blocks[0] ?? message, keys, now, notBefore);
    return "code" in verdict ? verdict.code : "accepted";
  }

  remove(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
