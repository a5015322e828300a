import type { KeyID } from "openpgp";
import { type Fingerprint, no, ok, type Refusal, type Result, refusal } from "../domain/index.ts";
import type { Frame } from "./frame.ts";
import { isAccepted, type Standing, standingOf, standingSentences } from "./key-standing.ts";
import { ledgerKeyOf } from "./ledger-key.ts";
import type { SecondOpinion } from "./ports.ts";
import type { TrustedCertificate, TrustedKeys } from "./trusted-keys.ts";
import { VerifiedMessage } from "./verified-message.ts";

/** A signature may be dated so much ahead of our clock. */
const toleranceMs = 5 * 60_000;

/** What a signature is judged by. Nothing here has a default: security hangs on each. */
export interface VerificationTerms {
  readonly keys: TrustedKeys;
  readonly secondOpinion: SecondOpinion;
  readonly now: Date;
  /** The oldest that a signature may be: see {@link oldestAcceptable}. */
  readonly notBefore: Date;
}

/** The oldest signature that counts: so many days old, and never from before this ledger was born or restored. */
export function oldestAcceptable(terms: { now: Date; maxAgeDays: number; ledgerBorn: Date }): Date {
  const oldest = terms.now.getTime() - terms.maxAgeDays * 86_400_000;
  return new Date(Math.max(oldest, terms.ledgerBorn.getTime()));
}

/**
 * Verifies a frame with two implementations that must agree. Refuses with `SIGNER_UNKNOWN`, `SIGNATURE_INVALID`,
 * `KEY_REVOKED`, `KEY_EXPIRED`, `SIGNATURE_IN_FUTURE`, `SIGNATURE_TOO_OLD` or `VERIFIERS_DISAGREE`; throws AdapterError
 * where the second verifier could not be asked.
 */
export async function verifyFrame(frame: Frame, terms: VerificationTerms): Promise<Result<VerifiedMessage, Refusal>> {
  const issuer = findIssuer(frame, terms.keys);
  if (!issuer.ok) return issuer;
  const { certificate, key, keyId } = issuer.value;
  const signer = certificate.fingerprint;
  const { created } = frame.signature;

  if (![key, ...key.getKeys(keyId)].every(isAccepted)) return no(badKey(signer, "weak"));
  const broken = await firstOpinion(frame, issuer.value, terms.keys);
  // The key's state then and now says more than the library does, unless the signature does not even fit its text.
  if (broken === null || broken.about === "key") {
    for (const at of [terms.now, created]) {
      const standing = await standingOf({ certificate: key, keyId, at, openpgp: terms.keys.openpgp });
      if (standing !== "good") return no(badKey(signer, standing));
    }
  }
  if (broken !== null) return no(invalidSignature(signer, broken.message));

  const aged = judgeAge(frame, signer, terms);
  if (aged !== null) return no(aged);

  const opinion = await terms.secondOpinion.judge({
    text: frame.canonicalText,
    signature: frame.signature.rebuilt,
    keyring: terms.keys.keyring,
    notAfter: new Date(terms.now.getTime() + toleranceMs),
  });
  if (opinion.verdict === "bad" || opinion.signer !== signer) {
    const said = opinion.verdict === "bad" ? opinion.reason : `it is by ${opinion.signer}`;
    return no(refusal("VERIFIERS_DISAGREE", signer, `the second verifier does not take this signature: ${said}`));
  }
  const ledgerKey = ledgerKeyOf(signer, frame.canonicalText, frame.signature.hashedPart);
  return ok(new VerifiedMessage({ signer, signedAt: created, lines: frame.lines, trace: frame.trace, ledgerKey }));
}

interface Issuer {
  readonly certificate: TrustedCertificate;
  readonly key: NonNullable<TrustedCertificate["key"]>;
  readonly keyId: KeyID;
}

/** The one trusted certificate that has the key which the signature names. */
function findIssuer(frame: Frame, { certificates }: TrustedKeys): Result<Issuer, Refusal> {
  const { issuerKeyId, issuerFingerprint } = frame.signature;
  const hexId = hex(issuerKeyId);
  const named = issuerFingerprint === null ? hexId : hex(issuerFingerprint);
  const matching: Issuer[] = [];
  for (const certificate of certificates) {
    if (certificate.key === null) {
      if (!certificate.fingerprint.endsWith(hexId)) continue;
      return no(invalidSignature(certificate.fingerprint, `its key cannot be used: ${certificate.defect ?? ""}`));
    }
    for (const part of certificate.key.getKeys()) {
      if (!part.getFingerprint().toUpperCase().endsWith(named)) continue;
      matching.push({ certificate, key: certificate.key, keyId: part.getKeyID() });
    }
  }
  const [only, ...others] = matching;
  if (only === undefined) return no(refusal("SIGNER_UNKNOWN", named, `the key ${named} is not trusted here`));
  // Short ids can be made to collide, and a subkey can be claimed by two certificates: which one is meant is nobody's guess.
  if (others.length > 0) return no(invalidSignature(named, "more than one trusted key could have made it"));
  return ok(only);
}

/** What the library says against the signature as of the day it was made, or null. */
async function firstOpinion(
  frame: Frame,
  { key }: Issuer,
  { openpgp: { library, strict } }: TrustedKeys,
): Promise<{ readonly about: "signature" | "key"; readonly message: string } | null> {
  try {
    const message = await library.readCleartextMessage({ cleartextMessage: frame.rebuilt, config: strict });
    const result = await library.verify({
      message,
      verificationKeys: [key],
      date: frame.signature.created,
      config: strict,
    });
    const [only, ...others] = result.signatures;
    if (only === undefined || others.length > 0) return { about: "signature", message: "not exactly one signature" };
    await only.verified;
    // What was verified has to be what will be carried out.
    const verified = result.data.replaceAll("\n", "\r\n");
    if (verified === Buffer.from(frame.canonicalText).toString("latin1")) return null;
    return { about: "signature", message: "what was verified is another text" };
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").slice(0, 200);
    // The two sentences with which the library says that the signature is not over this text or not by this key.
    return { about: /digest did not match|verification failed/.test(message) ? "signature" : "key", message };
  }
}

function judgeAge({ signature }: Frame, signer: Fingerprint, { now, notBefore }: VerificationTerms): Refusal | null {
  const { created, expires } = signature;
  const made = `it was made on ${written(created)}`;
  if (created.getTime() > now.getTime() + toleranceMs) {
    const remedy = "set your computer's clock, and sign again";
    return refusal("SIGNATURE_IN_FUTURE", signer, `${made}, and it is ${written(now)} here`, remedy);
  }
  if (expires !== null && expires <= now) {
    return refusal(
      "SIGNATURE_TOO_OLD",
      signer,
      `by its own terms it ended on ${written(expires)}`,
      "sign the command again",
    );
  }
  if (created < notBefore) {
    const message = `${made}; signatures from before ${written(notBefore)} are not taken`;
    return refusal("SIGNATURE_TOO_OLD", signer, message, "sign the command again");
  }
  return null;
}

function badKey(signer: Fingerprint, standing: Exclude<Standing, "good">): Refusal {
  const message = `the key ${signer} ${standingSentences[standing]}`;
  switch (standing) {
    case "revoked":
      return refusal("KEY_REVOKED", signer, message, "sign with a key that is valid");
    case "expired":
      return refusal("KEY_EXPIRED", signer, message, "extend the key, and have its new certificate installed here");
    case "weak":
    case "unfit":
      return refusal("SIGNATURE_INVALID", signer, message, "sign with a stronger key (ed25519, or RSA of 3072 bits)");
  }
}

function invalidSignature(subject: string, why: string): Refusal {
  return refusal("SIGNATURE_INVALID", subject, `the signature is not good: ${why}`, "sign the bare command line again");
}

/** `2026-11-20 10:00 UTC` */
function written(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}
