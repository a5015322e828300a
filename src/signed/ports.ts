import type { Fingerprint } from "../domain/index.ts";

/** What another OpenPGP implementation is asked: rebuilt from parsed parts, never the bytes that came. */
export interface OpinionQuestion {
  /** The canonical text that the signature covers: lines ended by CRLF, no line end after the last. */
  readonly text: Uint8Array;
  /** One binary signature packet. */
  readonly signature: Uint8Array;
  /** Every certificate that is trusted, binary, one after the other. */
  readonly keyring: Uint8Array;
  /** A signature made later than this is not good. */
  readonly notAfter: Date;
}

/** What it says. `signer` is the primary fingerprint of the certificate that it found the signature to be good by. */
export type Opinion =
  | { readonly verdict: "good"; readonly signer: Fingerprint }
  | { readonly verdict: "bad"; readonly reason: string };

/**
 * A second, independent verifier. Only "good" lets a command through. Throws AdapterError (`TOOL_MISSING`, `TIMEOUT`)
 * where it could not be asked at all: that is nobody's verdict, and the message waits.
 */
export interface SecondOpinion {
  judge(question: OpinionQuestion): Promise<Opinion>;
}
