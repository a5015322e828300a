/**
 * The public keys of those who signed here, kept in the tree's own state: so that `repo check` can judge signatures where
 * the keys' qube cannot be asked. Whoever can write the tree could write here, too; what a promotion hangs on is judged
 * by the key that the signer's own side gives out.
 */
import { join } from "node:path";
import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import type { PublicKeys } from "../../promotion/index.ts";
import type { Disk } from "../files/index.ts";
import { stateDirectory } from "./place.ts";

interface Parts {
  readonly disk: Disk;
  readonly root: string;
  readonly keys: PublicKeys;
}

function pathOf(root: string, key: Fingerprint): string {
  return join(root, stateDirectory, "keys", `${key}.pgp`);
}

/** Asks where the keys are, and falls back on what was kept. */
export class KnownKeys implements PublicKeys {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async publicKey(key: Fingerprint): Promise<Uint8Array> {
    const { disk, root, keys } = this.#parts;
    try {
      return await keys.publicKey(key);
    } catch (error) {
      const path = pathOf(root, key);
      if (!(error instanceof AdapterError) || disk.stat(path) === null) throw error;
      return disk.read(path);
    }
  }
}

/** The file that keeps a key, where it is not there yet or has changed (a new expiry, a revocation). */
export function knownKeyFile(parts: Parts, key: Fingerprint, certificate: Buffer): { path: string; bytes: Buffer }[] {
  const path = pathOf(parts.root, key);
  const isThere = parts.disk.stat(path) !== null && parts.disk.read(path).equals(certificate);
  return isThere ? [] : [{ path, bytes: certificate }];
}
