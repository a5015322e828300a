/**
 * Beside the real verifiers: nothing that gpgv (by its status lines) or sqv refuses is ever accepted. They judge what came,
 * not what we rebuilt of it, so that a mistake in taking a message apart cannot hide here.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrustedKeys } from "../../src/signed/index.ts";
import { takeApart } from "../support/clear-signed.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { isFullSoak, soakSeed } from "../support/soak.ts";
import { SqKey } from "../support/sq.ts";
import { tryTool } from "../support/tool.ts";
import { Verification } from "../support/verification.ts";
import { mutated } from "./mutations.ts";

const day = 86_400_000;
const text = "Hold r4.3 core-admin x all\n";
const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const ago = (days: number): Date => new Date(now.getTime() - days * day);

let home: GpgHome;
let verification: Verification;
let directory: string;
let keys: TrustedKeys;
/** Name → message; each of the kinds that the channel may meet. */
const messages = new Map<string, string>();

beforeAll(async () => {
  home = new GpgHome();
  verification = await Verification.open();
  directory = mkdtempSync(join(tmpdir(), "diff-"));
  const trusted: string[] = [];
  const add = (name: string, key: string, options: readonly string[] = [], digest = "SHA256"): void => {
    if (!trusted.includes(key)) trusted.push(key);
    messages.set(name, home.clearSign(text, { key, at: ago(1), options, digest }));
  };
  const created = ago(100);
  for (const algorithm of ["rsa1024", "rsa3072", "dsa2048", "ed25519", "brainpoolP256r1", "secp256k1"]) {
    add(algorithm, home.makeKey({ algorithm, created }));
  }
  for (const [algorithm, digest] of [
    ["nistp256", "SHA256"],
    ["nistp384", "SHA384"],
    ["nistp521", "SHA512"],
  ] as const) {
    add(algorithm, home.makeKey({ algorithm, created }), [], digest);
  }
  const plain = home.makeKey({ algorithm: "rsa2048", created });
  const small = (): string => home.makeKey({ created });
  for (const digest of ["MD5", "SHA1", "SHA224", "RIPEMD160", "SHA384", "SHA512"]) add(digest, plain, [], digest);
  add("certified with SHA-1", home.makeKey({ algorithm: "rsa2048", created, options: ["--cert-digest-algo", "SHA1"] }));
  add("expired key", home.makeKey({ algorithm: "rsa2048", created, expires: `seconds=${99.5 * 24 * 3600}` }));
  add("notation", plain, ["--sig-notation", "a@example.org=b"]);
  add("critical notation", plain, ["--sig-notation", "!a@example.org=b"]);
  add("policy and comment", plain, ["--sig-policy-url", "https://example.org", "--comment", "x"]);
  add("signature with an end", plain, ["--default-sig-expire", "30d"]);
  add("signature that has ended", plain, ["--default-sig-expire", "seconds=7200"]);
  const revoked = small();
  add("revoked key", revoked);
  home.revokeKey(revoked);
  const primary = home.makeKey({ algorithm: "rsa2048", usage: "cert", created });
  const subkeys = ["ed25519", "rsa2048", "nistp256/ecdsa"].map((kind) =>
    home.addSubkey(primary, kind, "sign", "never", created),
  );
  trusted.push(primary);
  for (const [index, subkey] of subkeys.entries()) {
    messages.set(`subkey ${index}`, home.clearSign(text, { key: `${subkey}!`, at: ago(1) }));
  }
  home.editKey(primary, ["key 2", "revkey", "y", "1", "", "y", "save"], ago(0));
  messages.set("stranger", home.clearSign(text, { key: small(), at: ago(1) }));
  messages.set("future", home.clearSign(text, { key: plain, at: ago(-2) }));
  const sq = SqKey.make(created);
  messages.set("sq", sq.clearSign(text, ago(1)));
  const sqCertificate = sq.certificate();
  sq.remove();
  for (const [name, message] of [...messages]) {
    messages.set(`${name}, tampered`, message.replace("core-admin", "core-agent"));
    messages.set(`${name}, CRLF`, message.replaceAll("\n", "\r\n"));
    messages.set(`${name}, text around`, `x\n${message}y\n`);
    messages.set(`${name}, twice`, message + message);
  }
  keys = await verification.trust(...trusted.map((key) => home.exportKey(key)), sqCertificate);
  writeFileSync(join(directory, "keyring"), keys.keyring);
});
afterAll(() => {
  home.remove();
  verification.remove();
  rmSync(directory, { recursive: true, force: true });
});

/**
 * gpgv's own verdict on the bytes, by its status lines alone: its exit status is 0 for revoked and expired keys, and 2 for
 * an armor without checksum whose base64 happens to end without padding.
 */
function gpgvAccepts(message: Uint8Array): boolean {
  const file = join(directory, "message.asc");
  writeFileSync(file, message);
  const run = tryTool("gpgv", ["--status-fd", "1", "--keyring", join(directory, "keyring"), file]);
  const lines = run.stdout.toString().split("\n");
  const count = (word: string): number => lines.filter((line) => line.startsWith(`[GNUPG:] ${word}`)).length;
  const against = ["BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "ERRSIG", "FAILURE"].map(count);
  return count("GOODSIG") === 1 && count("VALIDSIG") === 1 && against.every((found) => found === 0);
}

/** sqv's, on the signature and the text as they came. */
function sqvAccepts(message: Uint8Array): boolean {
  let parts: ReturnType<typeof takeApart>;
  try {
    parts = takeApart(Buffer.from(message).toString("latin1"));
  } catch {
    // A comment that takeApart does not know would need a parser of its own; gpgv has judged it.
    return true;
  }
  writeFileSync(join(directory, "sig"), parts.packets);
  writeFileSync(join(directory, "text"), parts.text.replaceAll("\n", "\r\n"));
  const args = ["--keyring", join(directory, "keyring"), join(directory, "sig"), join(directory, "text")];
  return tryTool("sqv", args).status === 0;
}

async function accepted(message: Uint8Array): Promise<boolean> {
  return "verified" in (await verification.judge(message, keys, now));
}

describe("beside gpgv and sqv", () => {
  it("nothing is accepted of the messages of every kind that either of them refuses", async () => {
    const tally = { accepted: 0, refusedByAll: 0, onlyWeRefuse: [] as string[], wrong: [] as string[] };
    for (const [name, message] of messages) {
      const bytes = Buffer.from(message);
      const theirs = gpgvAccepts(bytes) && sqvAccepts(bytes);
      if (await accepted(bytes)) {
        tally.accepted += 1;
        if (!theirs) tally.wrong.push(name);
      } else if (theirs) tally.onlyWeRefuse.push(name);
      else tally.refusedByAll += 1;
    }
    expect(tally.wrong).toEqual([]);
    expect(tally.accepted).toBeGreaterThan(10);
    expect(tally.refusedByAll).toBeGreaterThan(50);
    // What we are stricter about, by name, so that a change of it is seen.
    expect(tally.onlyWeRefuse.filter((name) => !name.includes(","))).toEqual(["dsa2048", "SHA224"]);
  });

  it("nothing is accepted of changed messages that either of them refuses", async () => {
    let judged = 0;
    const good: string[] = [];
    for (const message of messages.values()) if (await accepted(Buffer.from(message))) good.push(message);
    await fc.assert(
      fc.asyncProperty(mutated(good), async (bytes) => {
        if (!(await accepted(bytes))) return;
        judged += 1;
        expect(gpgvAccepts(bytes)).toBe(true);
        expect(sqvAccepts(bytes)).toBe(true);
      }),
      { numRuns: isFullSoak ? 20_000 : 1_500, seed: soakSeed("differential") },
    );
    expect(judged).toBeGreaterThan(5);
  });
});
