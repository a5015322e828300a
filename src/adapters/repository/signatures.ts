/**
 * Whether something is signed by a repository's key, now. By gpgv, which reads one keyring and nothing else; its exit
 * status alone says too little (0 for an expired or revoked key), so its status lines are read.
 */
import { hash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fingerprint, parseFingerprint } from "../../domain/index.ts";
import type { PublicKeys } from "../../promotion/index.ts";
import { inScratch } from "../files/index.ts";
import { needTool, runTool } from "../signer/index.ts";

const limitMs = 60_000;
/** How long an answer holds: a key may be revoked, or expire, meanwhile. */
const freshMs = 60_000;

/** Decides signatures by the repositories' keys. One for a process: keyrings are kept in memory for a minute. */
export class SignatureJudge {
  readonly #keys: PublicKeys;
  readonly #clock: () => Date;
  readonly #verdicts = new Map<string, { readonly at: number; readonly verdict: Promise<unknown> }>();
  readonly #known = new Map<Fingerprint, { readonly at: number; readonly certificate: Promise<Buffer> }>();

  constructor(keys: PublicKeys, clock: () => Date) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** The key's certificate, binary. Asked for again each minute: it may have been revoked meanwhile. */
  certificate(key: Fingerprint): Promise<Buffer> {
    const now = this.#clock().getTime();
    const known = this.#known.get(key);
    if (known !== undefined && Math.abs(now - known.at) < freshMs) return known.certificate;
    const certificate = this.#fetch(key);
    this.#known.set(key, { at: now, certificate });
    certificate.catch(() => this.#known.delete(key));
    return certificate;
  }

  /**
   * Judges by the key's certificate as it is now. That is asked for again each minute and is nearly always the same: so it is
   * judged by the former one meanwhile, and what that yields counts only if it is the same.
   */
  async byCertificate<T>(key: Fingerprint, judge: (certificate: Buffer) => Promise<T>): Promise<T> {
    const former = this.#known.get(key)?.certificate;
    const asked = this.certificate(key);
    if (former === undefined || former === asked) return judge(await asked);
    const ahead = former.then((known) => ({ known, judged: judge(known) }));
    // Whatever is wrong is met again where it counts.
    ahead.then(({ judged }) => judged).catch(() => undefined);
    const certificate = await asked;
    const { known, judged } = await ahead;
    return known.equals(certificate) ? judged : judge(certificate);
  }

  async #fetch(key: Fingerprint): Promise<Buffer> {
    const exported = Buffer.from(await this.#keys.publicKey(key));
    // gpgv reads binary keyrings only.
    if (!exported.toString("latin1", 0, 64).startsWith("-----BEGIN")) return exported;
    return needTool({ program: "gpg", args: ["--batch", "--no-options", "--dearmor"], input: exported, limitMs });
  }

  /** Null where the detached signature (armored or binary) over the file is good; else what is wrong with it. */
  detached(key: Fingerprint, signature: Uint8Array, file: string): Promise<string | null> {
    return this.byCertificate(key, (certificate) =>
      withFiles(certificate, signature, (keyring, path) => judge(key, keyring, [path, file])),
    );
  }

  /** The same over bytes. */
  detachedBytes(key: Fingerprint, signature: Uint8Array, bytes: Uint8Array): Promise<string | null> {
    return this.#once(key, [signature, bytes], (certificate) =>
      withFiles(certificate, signature, (keyring, path) => judge(key, keyring, [path, "-"], bytes)),
    );
  }

  /** The text of a clear-signed message, or what is wrong with its signature. */
  clearSigned(key: Fingerprint, message: Uint8Array): Promise<{ readonly text: string } | { readonly wrong: string }> {
    return this.#once(key, [message], (certificate) =>
      withFiles(certificate, message, async (keyring, path) => {
        const args = ["--status-fd", "2", "--keyring", keyring, "--output", "-", path];
        const answer = await runTool({ program: "gpgv", args, limitMs });
        const wrong = verdict(key, answer.status, answer.stderr);
        return wrong === null ? { text: answer.stdout.toString("utf8") } : { wrong };
      }),
    );
  }

  /** Asks once for the same key and the same bytes: a plan and its application ask within moments. */
  #once<T>(key: Fingerprint, parts: readonly Uint8Array[], ask: (certificate: Buffer) => Promise<T>): Promise<T> {
    return this.byCertificate(key, async (certificate) => {
      const name = [key, ...[certificate, ...parts].map((part) => hash("sha256", part))].join(" ");
      const now = this.#clock().getTime();
      const known = this.#verdicts.get(name);
      if (known !== undefined && Math.abs(now - known.at) < freshMs) return known.verdict as Promise<T>;
      const asked = ask(certificate);
      for (const [old, { at }] of this.#verdicts) if (Math.abs(now - at) >= freshMs) this.#verdicts.delete(old);
      this.#verdicts.set(name, { at: now, verdict: asked });
      asked.catch(() => this.#verdicts.delete(name));
      return asked;
    });
  }

  /** Who says to have made a signature (a detached one over bytes, or a clear-signed message); null where nothing says so. */
  async issuer(signature: Uint8Array): Promise<Fingerprint | null> {
    return parseFingerprint((await this.#claims(signature))?.[2] ?? "");
  }

  /** When a signature says that it was made; null where it does not. */
  async madeAt(signature: Uint8Array): Promise<Date | null> {
    const seconds = (await this.#claims(signature))?.[1];
    return seconds === undefined ? null : new Date(Number(seconds) * 1000);
  }

  async #claims(signature: Uint8Array): Promise<RegExpExecArray | null> {
    const detached = !Buffer.from(signature).toString("latin1", 0, 64).startsWith("-----BEGIN PGP SIGNED");
    // With an empty keyring gpgv can judge nothing, but it says whose signature it would be.
    return withFiles(new Uint8Array(), signature, async (keyring, path) => {
      const args = ["--status-fd", "1", "--keyring", keyring, path, ...(detached ? [keyring] : [])];
      const answer = await runTool({ program: "gpgv", args, limitMs });
      return /^\[GNUPG:\] ERRSIG(?: \S+){4} ([0-9]+) \S+ ([0-9A-F]{40})$/m.exec(answer.stdout.toString("utf8"));
    });
  }
}

async function judge(
  key: Fingerprint,
  keyring: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<string | null> {
  const run = { program: "gpgv", args: ["--status-fd", "1", "--keyring", keyring, ...args], limitMs };
  const answer = await runTool(input === undefined ? run : { ...run, input });
  return verdict(key, answer.status, answer.stdout.toString("utf8"));
}

async function withFiles<T>(
  certificate: Uint8Array,
  content: Uint8Array,
  use: (keyring: string, content: string) => Promise<T>,
): Promise<T> {
  return inScratch("gpgv", async (work) => {
    const [keyring, file] = [join(work, "keyring"), join(work, "content")];
    writeFileSync(keyring, certificate);
    writeFileSync(file, content);
    return use(keyring, file);
  });
}

/** Good means: exactly one signature, by that primary key, and no word of anything expired, revoked or in error. */
function verdict(key: Fingerprint, status: number | null, output: string): string | null {
  const words = [...output.matchAll(/^\[GNUPG:\] ([A-Z_]+)(.*)$/gm)].map(([, word = "", rest = ""]) => ({
    word,
    rest,
  }));
  const bad = words.find(({ word }) => /^(BADSIG|ERRSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|KEYREVOKED|NODATA)$/.test(word));
  if (bad !== undefined) return said[bad.word] ?? bad.word;
  const valid = words.filter(({ word }) => word === "VALIDSIG");
  const good = words.filter(({ word }) => word === "GOODSIG");
  if (status !== 0 || valid.length !== 1 || good.length !== 1) {
    const heard = words.map(({ word }) => word).join(" ");
    return `there is no good signature (gpgv ended with status ${status ?? "none"}, and said: ${heard})`;
  }
  // VALIDSIG names the key that signed first, and its primary key last.
  const fields = valid[0]?.rest.trim().split(" ") ?? [];
  return fields[0] === key || fields.at(-1) === key ? null : "it is signed by another key";
}

const said: Readonly<Record<string, string>> = {
  BADSIG: "the signature does not match",
  ERRSIG: "it is signed by another key",
  EXPSIG: "the signature has expired",
  EXPKEYSIG: "the key has expired",
  REVKEYSIG: "the key is revoked",
  KEYREVOKED: "the key is revoked",
  NODATA: "it is not signed",
};
