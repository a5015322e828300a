import type { KeyID, PublicKey, Subkey } from "openpgp";
import type { OpenPgp } from "./openpgp.ts";

/** Whether a key may sign a command at an instant; if not, why. */
export type Standing = "good" | "revoked" | "expired" | "weak" | "unfit";

/** A sentence's end for each standing: "the key …". */
export const standingSentences: Readonly<Record<Standing, string>> = {
  good: "is good",
  revoked: "is revoked",
  expired: "has expired",
  weak: "is too weak (its own signatures use SHA-1, or it is too short, or of a kind that is not accepted)",
  unfit: "is not one that may sign messages",
};

const acceptedCurves: readonly string[] = ["ed25519Legacy", "nistP256", "nistP384", "nistP521"];

/** Which key is asked about, and when. */
export interface KeyQuestion {
  readonly certificate: PublicKey;
  /** Null: whether any key of the certificate may sign. */
  readonly keyId: KeyID | null;
  readonly at: Date;
  readonly openpgp: OpenPgp;
}

/** How a key stands at an instant, and its primary key with it. */
export async function standingOf(question: KeyQuestion): Promise<Standing> {
  const { certificate, keyId, at } = question;
  const { strict, lax } = question.openpgp;
  const subkeys = subkeysOf(question);
  // The library rejects what it knows to be weak; we accept what we know to be strong, and calculate with nothing else.
  if (![certificate, ...subkeys].every(isAccepted)) return "weak";
  if (await isRevoked(question)) return "revoked";
  const signer = await certificate.getSigningKey(keyId ?? undefined, at, undefined, strict).catch(() => null);
  if (signer !== null) return isAccepted(signer) ? "good" : "weak";
  if (await isExpired(question)) return "expired";
  const otherwise = await certificate.getSigningKey(keyId ?? undefined, at, undefined, lax).catch(() => null);
  return otherwise === null ? "unfit" : "weak";
}

function subkeysOf({ certificate, keyId }: KeyQuestion): readonly Subkey[] {
  return keyId === null ? [] : certificate.getSubkeys(keyId);
}

/** A revocation counts whatever digest it was made with: many old revocation certificates are SHA-1. */
async function isRevoked(question: KeyQuestion): Promise<boolean> {
  const { certificate, at, openpgp } = question;
  if (await certificate.isRevoked(undefined, undefined, at, openpgp.lax)) return true;
  for (const subkey of subkeysOf(question)) {
    for (const binding of subkey.bindingSignatures) {
      if (await subkey.isRevoked(binding, subkey.keyPacket, at, openpgp.lax)) return true;
    }
  }
  return false;
}

async function isExpired(question: KeyQuestion): Promise<boolean> {
  const { certificate, at, openpgp } = question;
  const ends = [await certificate.getExpirationTime(undefined, openpgp.lax)];
  for (const subkey of subkeysOf(question)) ends.push(await subkey.getExpirationTime(at, openpgp.lax));
  return ends.some((end) => end !== null && Number(end) <= at.getTime());
}

/** RSA of at least 2,048 bits, Ed25519, NIST P-256 and up. */
export function isAccepted(key: PublicKey | Subkey): boolean {
  const { algorithm, bits, curve } = key.getAlgorithmInfo();
  switch (algorithm) {
    case "rsaEncryptSign":
    case "rsaSign":
      return bits !== undefined && bits >= 2048;
    case "eddsaLegacy":
    case "ecdsa":
      return curve !== undefined && acceptedCurves.includes(curve);
    default:
      return false;
  }
}
