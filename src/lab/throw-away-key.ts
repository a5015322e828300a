/** OpenPGP keys that live as long as the run: made by gpg, each in a home of its own, without a passphrase. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { type Fingerprint, parseFingerprint } from "../domain/index.ts";
import { LabFault } from "./lab-fault.ts";
import { runTool } from "./tool.ts";

/** What to make: people sign with ed25519; repositories and logs with RSA, as real ones do. */
export interface KeyPlan {
  /** Becomes GNUPGHOME; a short path, since gpg-agent's socket lies in it. */
  readonly home: string;
  readonly name: string;
  readonly email: string;
  readonly algorithm: "ed25519" | "rsa3072";
  readonly environment: NodeJS.ProcessEnv;
}

/** A key with its secret part in `home`. */
export interface ThrowAwayKey {
  readonly home: string;
  readonly name: string;
  readonly email: string;
  readonly fingerprint: Fingerprint;
  /** The armored public key. */
  readonly certificate: string;
  /** The environment in which gpg, git and rpm find it. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Makes one key. Throws LabFault where gpg cannot. */
export async function createThrowAwayKey(plan: KeyPlan): Promise<ThrowAwayKey> {
  mkdirSync(plan.home, { recursive: true });
  chmodSync(plan.home, 0o700);
  const environment = { ...plan.environment, GNUPGHOME: plan.home };
  const gpg = (...args: string[]): Promise<string> =>
    runTool({ program: "gpg", args: ["--batch", "--quiet", "--no-tty", ...args], environment });
  const id = `${plan.name} <${plan.email}>`;
  await gpg(
    "--pinentry-mode",
    "loopback",
    "--passphrase",
    "",
    "--quick-generate-key",
    id,
    plan.algorithm,
    "sign",
    "7d",
  );
  const listed = await gpg("--with-colons", "--list-secret-keys");
  const fingerprint = parseFingerprint(/^fpr:{9}([0-9A-F]{40}):$/m.exec(listed)?.[1] ?? "");
  if (fingerprint === null) throw new LabFault(`gpg made a key for ${plan.name} that cannot be read back`);
  const certificate = await gpg("--armor", "--export", fingerprint);
  return { home: plan.home, name: plan.name, email: plan.email, fingerprint, certificate, environment };
}

/** Puts only the public part into another home, trusted, so that tools there can verify. */
export async function trustKey(home: string, key: ThrowAwayKey, environment: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o700);
  const gpg = { program: "gpg", environment: { ...environment, GNUPGHOME: home } };
  await runTool({ ...gpg, args: ["--batch", "--quiet", "--import"], input: key.certificate });
  await runTool({ ...gpg, args: ["--batch", "--quiet", "--import-ownertrust"], input: `${key.fingerprint}:6:\n` });
}

/** Writes the public key to a file and answers its path. */
export function exportKey(key: ThrowAwayKey, file: string): string {
  writeFileSync(file, key.certificate);
  return file;
}

/** Clear-signs a text as a maintainer does at home: `gpg --clear-sign`. */
export function clearSign(key: ThrowAwayKey, text: string): Promise<string> {
  return runTool({
    program: "gpg",
    args: [
      "--batch",
      "--quiet",
      "--no-tty",
      "--digest-algo",
      "SHA256",
      "--local-user",
      key.fingerprint,
      "--clear-sign",
    ],
    environment: key.environment,
    input: `${text}\n`,
  });
}

/** Ends the gpg-agent that a home may have. */
export async function endAgent(home: string, environment: NodeJS.ProcessEnv): Promise<void> {
  await runTool({ program: "gpgconf", args: ["--homedir", home, "--kill", "all"], environment });
}
