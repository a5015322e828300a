/** Everybody who holds a key in the lab. */
import { join } from "node:path";
import { createThrowAwayKey, type KeyPlan, type ThrowAwayKey } from "./throw-away-key.ts";

/** The keys of one run. Those of qubes lie in the qube's own home; those of people in a home at the root. */
export interface People {
  /** Signs the components' version tags. */
  readonly developer: ThrowAwayKey;
  /** Signs the comment commands, and is granted the components. */
  readonly releaseManager: ThrowAwayKey;
  /** Nobody knows this one. */
  readonly stranger: ThrowAwayKey;
  /** The logs qube's. */
  readonly logs: ThrowAwayKey;
  /** keys-fedora's: signs rpm packages and metadata. */
  readonly fedora: ThrowAwayKey;
  /** keys-debian's: signs the Debian suites. */
  readonly debian: ThrowAwayKey;
}

/** Makes them all side by side, since RSA takes its time. `homes` are the qubes' GNUPGHOME directories. */
export async function createPeople(
  root: string,
  homes: { readonly logs: string; readonly fedora: string; readonly debian: string },
  environment: NodeJS.ProcessEnv,
): Promise<People> {
  const key = (home: string, name: string, mailbox: string, algorithm: KeyPlan["algorithm"]): Promise<ThrowAwayKey> =>
    createThrowAwayKey({ home, name, email: `${mailbox}@lab.example`, algorithm, environment });
  const person = (name: string, mailbox: string): Promise<ThrowAwayKey> =>
    key(join(root, "people", mailbox), name, mailbox, "ed25519");
  const [developer, releaseManager, stranger, logs, fedora, debian] = await Promise.all([
    person("Lab Developer", "developer"),
    person("Lab Release Manager", "manager"),
    person("Lab Stranger", "stranger"),
    key(homes.logs, "Lab Build Logs", "logs", "rsa3072"),
    key(homes.fedora, "Lab Fedora Packages", "fedora", "rsa3072"),
    key(homes.debian, "Lab Debian Packages", "debian", "rsa3072"),
  ]);
  return { developer, releaseManager, stranger, logs, fedora, debian };
}
