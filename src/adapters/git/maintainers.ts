import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SignatureFacts } from "../../build/ports.ts";
import { AdapterError, type Fingerprint, parseFingerprint } from "../../domain/index.ts";
import { makeScratch } from "../files/index.ts";
import { capture, tryCapture } from "../processes/index.ts";
import type { SignedObject } from "./signed-object.ts";

/** Verifies with exactly the keys of some maintainers. */
export interface MaintainerKeys {
  verify(object: SignedObject): Promise<SignatureFacts>;
  close(): void;
}

interface KeyOptions {
  readonly maintainers: readonly Fingerprint[];
  /** Searched in order for `FINGERPRINT.asc`. */
  readonly keyDirs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const limitMs = 60_000;

/** What gpg is told whatever it does: no configuration, no agent, no network, no SHA-1. */
const common = [
  "--no-options",
  "--batch",
  "--no-tty",
  "--no-autostart",
  "--no-auto-key-retrieve",
  "--no-auto-key-import",
  "--disable-dirmngr",
  "--trust-model",
  "always",
  "--weak-digest",
  "SHA1",
];

function keyFile(fingerprint: Fingerprint, keyDirs: readonly string[]): string {
  const found = keyDirs.map((directory) => join(directory, `${fingerprint}.asc`)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new AdapterError(
    "CONFIGURATION",
    `there is no key of maintainer ${fingerprint}: put ${fingerprint}.asc into ${keyDirs[0] ?? "a directory named under key-dirs"}`,
  );
}

/**
 * Reads gpg's status lines (doc/DETAILS): exactly one good signature, nothing bad beside it, and the *primary* key's
 * fingerprint as who signed. gpg's exit status is not enough: it is 0 for an expired key.
 */
export function readVerification(statusLines: string, maintainers: readonly Fingerprint[]): SignatureFacts {
  const words = statusLines.split("\n").flatMap((line) => {
    const match = /^\[GNUPG:\] ([A-Z_]+) ?(.*)$/.exec(line);
    return match?.[1] === undefined ? [] : [{ keyword: match[1], rest: match[2] ?? "" }];
  });
  const has = (keyword: string): boolean => words.some((word) => word.keyword === keyword);
  const named = words.find(({ keyword }) => /^(EXPKEYSIG|REVKEYSIG|EXPSIG|BADSIG|ERRSIG)$/.test(keyword))?.rest ?? "";
  const id = named.split(" ")[0] ?? "";
  if (has("BADSIG")) return { kind: "bad", reason: "the signature does not fit" };
  if (has("REVKEYSIG") || has("KEYREVOKED")) return { kind: "bad", reason: `the signer's key ${id} is revoked` };
  if (has("EXPKEYSIG")) return { kind: "bad", reason: `the signer's key ${id} has expired` };
  if (has("EXPSIG")) return { kind: "bad", reason: "the signature has expired" };
  if (has("NO_PUBKEY")) {
    return { kind: "bad", reason: `signed by ${id === "" ? "an unknown key" : `key ${id}`}, which is no maintainer's` };
  }
  const good = words.filter(({ keyword }) => keyword === "GOODSIG").length;
  const valid = words.filter(({ keyword }) => keyword === "VALIDSIG");
  const signer = parseFingerprint(valid[0]?.rest.split(" ").at(-1) ?? "");
  if (has("ERRSIG") || good !== 1 || valid.length !== 1 || signer === null) {
    return { kind: "bad", reason: "the signature cannot be verified" };
  }
  return maintainers.includes(signer)
    ? { kind: "good", signer }
    : { kind: "bad", reason: `signed by ${signer}, who is no maintainer of this component` };
}

/** A keyring of its own with the maintainers' certificates. Throws AdapterError `CONFIGURATION` where one is missing. */
export async function openMaintainerKeys(options: KeyOptions): Promise<MaintainerKeys> {
  const files = options.maintainers.map((fingerprint) => keyFile(fingerprint, options.keyDirs));
  const home = makeScratch("maintainers");
  const run = (args: readonly string[]) => ({
    program: "gpg",
    args: ["--homedir", home, ...common, ...args],
    directory: home,
    environment: { ...options.environment, GNUPGHOME: home, LC_ALL: "C" },
    limitMs,
    signal: options.signal,
  });
  const close = (): void => rmSync(home, { recursive: true, force: true });
  try {
    if (files.length > 0) await capture(run(["--quiet", "--import", ...files]));
  } catch (error) {
    close();
    throw new AdapterError("CONFIGURATION", `the maintainers' keys cannot be read: ${files.join(", ")}`, error);
  }
  return {
    close,
    verify: async ({ payload, signature }) => {
      if (signature === null) return { kind: "none" };
      writeFileSync(join(home, "object.sig"), signature);
      const args = ["--status-fd", "1", "--verify", join(home, "object.sig"), "-"];
      const { stdout } = await tryCapture({ ...run(args), input: payload });
      return readVerification(stdout.toString("latin1"), options.maintainers);
    },
  };
}
