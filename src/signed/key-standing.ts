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

/**
 * How the key with that id in the certificate stands at an instant, itself and its primary key; without an id, whether
 * any key of the certificate may sign.
 */
export async function standingOf(
  certificate: PublicKey,
  keyId: KeyID | null,
  at: Date,
  openpgp: OpenPgp,
): Promise<Standing> {
  const { strict, lax } = openpgp;
  const subkeys = keyId === null ? [] : certificate.getSubkeys(keyId);
  // The library rejects what it knows to be weak; we accept what we know to be strong, and calculate with nothing else.
  if (![certificate, ...subkeys].every(isAccepted)) return "weak";
  if (await isRevoked(certificate, subkeys, at, openpgp)) return "revoked";
  const signer = await certificate.getSigningKey(keyId ?? undefined, at, undefined, strict).catch(() => null);
  if (signer !== null) return isAccepted(signer) ? "good" : "weak";
  if (await isExpired(certificate, subkeys, at, openpgp)) return "expired";
  const otherwise = await certificate.getSigningKey(keyId ?? undefined, at, undefined, lax).catch(() => null);
  return otherwise === null ? "unfit" : "weak";
}

/** A revocation counts whatever digest it was made with: many old revocation certificates are SHA-1. */
async function isRevoked(
  certificate: PublicKey,
  subkeys: readonly Subkey[],
  at: Date,
  { lax }: OpenPgp,
): Promise<boolean> {
  if (await certificate.isRevoked(undefined, undefined, at, lax)) return true;
  for (const subkey of subkeys) {
    for (const binding of subkey.bindingSignatures) {
      if (await subkey.isRevoked(binding, subkey.keyPacket, at, lax)) return true;
    }
  }
  return false;
}

async function isExpired(
  certificate: PublicKey,
  subkeys: readonly Subkey[],
  at: Date,
  { lax }: OpenPgp,
): Promise<boolean> {
  const ends = [await certificate.getExpirationTime(undefined, lax)];
  for (const subkey of subkeys) ends.push(await subkey.getExpirationTime(at, lax));
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
