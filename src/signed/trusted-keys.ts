import type { PublicKey } from "openpgp";
import { type Fingerprint, no, ok, parseFingerprint, type Result } from "../domain/index.ts";
import { type CertificateBytes, splitCertificates } from "./certificate-bytes.ts";
import { loadOpenPgp, type OpenPgp } from "./openpgp.ts";

/** A file with keys, read. */
export interface KeyFile {
  /** Its name without the directory: `FINGERPRINT.asc`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where trusted keys come from: a directory with one certificate a file, or one keyring; never both. */
export type KeySource =
  | { readonly kind: "directory"; readonly files: readonly KeyFile[] }
  | { readonly kind: "keyring"; readonly file: KeyFile };

/** A certificate of the operator's choice. That it is trusted does not mean that it is good now. */
export interface TrustedCertificate {
  readonly fingerprint: Fingerprint;
  /** Null where the library cannot read it: then it is never good, and `defect` says why. */
  readonly key: PublicKey | null;
  readonly defect: string | null;
}

/** Every key whose signature may count. Read anew at each start, so that a key that was removed is trusted no longer. */
export interface TrustedKeys {
  readonly openpgp: OpenPgp;
  readonly certificates: readonly TrustedCertificate[];
  /** All certificates as they came, binary: what the second verifier is given. */
  readonly keyring: Uint8Array;
}

/**
 * Parses the keys. Fails, with one sentence for each mistake, where a file is not what its name says, holds several
 * certificates, or names a key twice: a start-up error. A certificate that merely is no good (any more) is no mistake.
 */
export async function parseTrustedKeys(source: KeySource): Promise<Result<TrustedKeys, readonly string[]>> {
  const mistakes: string[] = [];
  const found: CertificateBytes[] = [];
  for (const file of source.kind === "directory" ? source.files : [source.file]) {
    const split = splitCertificates(file.bytes);
    const mistake = split.ok ? misplaced(source.kind, file, split.value) : split.error;
    if (mistake !== null) mistakes.push(`${file.name}: ${mistake}`);
    else if (split.ok) found.push(...split.value);
  }
  const seen = new Set<Fingerprint>();
  for (const { fingerprint } of found) {
    if (seen.has(fingerprint)) mistakes.push(`${fingerprint}: stands there twice`);
    seen.add(fingerprint);
  }
  if (mistakes.length > 0) return no(mistakes);

  const openpgp = await loadOpenPgp();
  const certificates: TrustedCertificate[] = [];
  for (const certificate of found) certificates.push(await decode(certificate, openpgp));
  return ok({ openpgp, certificates, keyring: Buffer.concat(found.map(({ bytes }) => bytes)) });
}

/** Why the file should not hold what it holds; null where it is right. */
function misplaced(kind: KeySource["kind"], file: KeyFile, found: readonly CertificateBytes[]): string | null {
  const [first, ...others] = found;
  if (first === undefined) return "holds no key";
  if (kind === "keyring") return null;
  if (others.length > 0) return `holds ${found.length} keys; a file of trusted keys holds one`;
  const named = file.name.endsWith(".asc") ? parseFingerprint(file.name.slice(0, -".asc".length)) : null;
  if (named === null) return `is not named by a fingerprint; its key's name would be ${first.fingerprint}.asc`;
  return named === first.fingerprint ? null : `holds another key, ${first.fingerprint}`;
}

async function decode(certificate: CertificateBytes, openpgp: OpenPgp): Promise<TrustedCertificate> {
  const { fingerprint, bytes } = certificate;
  try {
    // Other people's certifications on a key may be of kinds that the library does not know; they do not matter here.
    const config = { ...openpgp.strict, ignoreUnsupportedPackets: true };
    const key = await openpgp.library.readKey({ binaryKey: bytes, config });
    if (key.getFingerprint().toUpperCase() !== fingerprint) throw new Error("its fingerprint is computed differently");
    return { fingerprint, key, defect: null };
  } catch (error) {
    return { fingerprint, key: null, defect: error instanceof Error ? error.message : String(error) };
  }
}
