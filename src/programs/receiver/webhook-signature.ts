import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Whether GitHub signed the body with our secret (`X-Hub-Signature-256: sha256=HEX`). In constant time: how far a guess
 * is right must not show in how long the answer takes.
 */
export function isSignedBy(secret: string, body: Uint8Array, untrustedSignature: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(untrustedSignature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
