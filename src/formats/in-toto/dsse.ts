/** DSSE envelopes (secure-systems-lab/dsse, protocol version 1) around in-toto statements, signed with OpenPGP. */
import { type Fingerprint, parseFingerprint } from "../../domain/index.ts";

const payloadType = "application/vnd.in-toto+json";

/** A signed statement. One signature: that of the environment's key. */
export interface Envelope {
  readonly payload: Uint8Array;
  readonly key: Fingerprint;
  /** A binary detached OpenPGP signature over {@link preAuthentication} of the payload. */
  readonly signature: Uint8Array;
}

/** What is signed: DSSE's pre-authentication encoding of the payload. */
export function preAuthentication(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head, "latin1"), payload]);
}

/** The envelope as one line of JSON, ASCII only. */
export function renderEnvelope(envelope: Envelope): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  return JSON.stringify({
    payloadType,
    payload: base64(envelope.payload),
    signatures: [{ keyid: envelope.key, sig: base64(envelope.signature) }],
  });
}

/** Parses what {@link renderEnvelope} wrote; null for anything that is not written exactly so. */
export function parseEnvelope(untrusted: string): Envelope | null {
  let value: unknown;
  try {
    value = JSON.parse(untrusted);
  } catch {
    return null;
  }
  const { payload, signatures } = (value ?? {}) as { payload?: unknown; signatures?: unknown };
  const [only] = Array.isArray(signatures) ? (signatures as { keyid?: unknown; sig?: unknown }[]) : [];
  if (typeof payload !== "string" || typeof only?.keyid !== "string" || typeof only.sig !== "string") return null;
  const key = parseFingerprint(only.keyid);
  if (key === null) return null;
  const envelope = { payload: Buffer.from(payload, "base64"), key, signature: Buffer.from(only.sig, "base64") };
  // Base64 has many spellings of the same bytes, and JSON many of the same value; here each has one.
  return renderEnvelope(envelope) === untrusted ? envelope : null;
}
