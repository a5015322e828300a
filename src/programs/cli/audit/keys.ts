import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeScratch } from "../../../adapters/files/index.ts";
import { loadTrustedKeys, openSqv } from "../../../adapters/verifier/index.ts";
import { AdapterError, type Fingerprint } from "../../../domain/index.ts";
import type { PublicKeys } from "../../../promotion/index.ts";
import type { SecondOpinion, TrustedKeys } from "../../../signed/index.ts";

/** The public keys of an audit, by what each may sign. */
export interface AuditKeys {
  readonly maintainers: TrustedKeys;
  readonly packages: TrustedKeys;
  readonly logs: TrustedKeys;
  readonly verifier: SecondOpinion;
  /** The package keys' certificates, for the tools that judge repositories. */
  readonly packageKeys: PublicKeys;
  close(): void;
}

/** Reads `DIR/maintainers`, `DIR/packages`, `DIR/logs`, a `FINGERPRINT.asc` a key. Throws AdapterError. */
export async function loadAuditKeys(directory: string): Promise<AuditKeys> {
  const load = (role: string): Promise<TrustedKeys> =>
    loadTrustedKeys({ directory: join(directory, role), keyring: null });
  const [maintainers, packages, logs] = [await load("maintainers"), await load("packages"), await load("logs")];
  const work = makeScratch("audit");
  const verifier = await openSqv({ program: "sqv", directory: work, limitMs: 60_000 });
  const packageKeys: PublicKeys = {
    publicKey: async (key) => {
      const known = packages.certificates.some(({ fingerprint }) => fingerprint === key);
      if (known) return readFileSync(join(directory, "packages", `${key}.asc`));
      throw new AdapterError("NOT_FOUND", `${key} is no package key`);
    },
  };
  const close = (): void => rmSync(work, { recursive: true, force: true });
  return { maintainers, packages, logs, verifier, packageKeys, close };
}

/** Who of a role made this detached signature; null for nobody. */
export async function signerOf(
  { verifier }: AuditKeys,
  role: TrustedKeys,
  signature: Uint8Array,
  bytes: Uint8Array,
): Promise<Fingerprint | null> {
  // An audit takes time as it comes: what was signed with a wrong clock was signed all the same.
  const notAfter = new Date("2100-01-01T00:00:00Z");
  const opinion = await verifier.judge({ text: bytes, signature, keyring: role.keyring, notAfter });
  return opinion.verdict === "good" ? opinion.signer : null;
}
