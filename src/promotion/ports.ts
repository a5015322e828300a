import type { Fingerprint } from "../domain/index.ts";

/** What is to be signed. `name` is public: it stands in the log's announcement (`[A-Za-z0-9._+~-]{1,128}`). */
export interface SignRequest {
  readonly kind: "detach" | "clear";
  readonly encoding: "armored" | "binary";
  readonly key: Fingerprint;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Signs by way of the key gate (announcing each signature in the job's log first) or of a gpg program. Answers the
 * detached signature, or the whole clear-signed text. Throws AdapterError `SIGNER_FAILED`.
 */
export interface Signer {
  sign(request: SignRequest): Promise<Uint8Array>;
}

/** Where a repository key's public half comes from: what stands in testing is verified with it before it is promoted. */
export interface PublicKeys {
  /** The certificate with that primary fingerprint, binary or armored. Throws AdapterError `SIGNER_FAILED` where there is none. */
  publicKey(key: Fingerprint): Promise<Uint8Array>;
}
