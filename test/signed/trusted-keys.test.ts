import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTrustedKeys, reportKeys } from "../../src/signed/index.ts";
import { GpgHome } from "../support/gpg-home.ts";

const born = new Date("2023-01-01T00:00:00Z");
const now = new Date("2023-03-22T00:00:00Z");

let home: GpgHome;
let one: string;
let other: string;
beforeAll(() => {
  home = new GpgHome();
  one = home.makeKey({ created: born });
  other = home.makeKey({ algorithm: "rsa2048", created: born });
});
afterAll(() => home.remove());

const file = (name: string, content: string | Uint8Array) => ({ name, bytes: Buffer.from(content as Uint8Array) });

/** The fingerprints that are trusted, or the mistakes. */
async function directory(...files: readonly { name: string; bytes: Uint8Array }[]): Promise<readonly string[]> {
  const keys = await parseTrustedKeys({ kind: "directory", files });
  return keys.ok ? keys.value.certificates.map(({ fingerprint }) => fingerprint) : keys.error;
}

async function keyring(content: string | Uint8Array): Promise<readonly string[]> {
  const keys = await parseTrustedKeys({ kind: "keyring", file: file("trusted-keys-for-commands.gpg", content) });
  return keys.ok ? keys.value.certificates.map(({ fingerprint }) => fingerprint) : keys.error;
}

describe("a directory of trusted keys", () => {
  it("may be empty: then nobody is trusted", async () => {
    expect(await directory()).toEqual([]);
  });

  it("trusts each file's one key", async () => {
    const files = [one, other].map((key) => file(`${key}.asc`, home.exportKey(key)));
    expect(await directory(...files)).toEqual([one, other]);
  });

  it("takes a name in small letters for the same fingerprint", async () => {
    expect(await directory(file(`${one.toLowerCase()}.asc`, home.exportKey(one)))).toEqual([one]);
  });

  it.each<[string, () => { name: string; bytes: Uint8Array }, string]>([
    ["a name that is another key's", () => file(`${other}.asc`, home.exportKey(one)), "holds another key"],
    ["a name that is a key id", () => file(`${one.slice(24)}.asc`, home.exportKey(one)), "not named by a fingerprint"],
    ["a name without .asc", () => file(one, home.exportKey(one)), "not named by a fingerprint"],
    ["another file", () => file("notes.txt", "x"), "not an OpenPGP key file"],
    ["two keys", () => file(`${one}.asc`, home.exportKey(one) + home.exportKey(other)), "holds 2 keys"],
    ["two keys in one armor", () => file(`${one}.asc`, home.gpg(["--armor", "--export", one, other])), "holds 2 keys"],
    ["no key", () => file(`${one}.asc`, ""), "holds no key"],
    ["a secret key", () => file(`${one}.asc`, home.exportSecretKey(one)), "besides public key blocks"],
    ["a secret key, binary", () => file(`${one}.asc`, home.gpg(["--export-secret-keys", one])), "secret key"],
    ["text around the key", () => file(`${one}.asc`, `my key:\n${home.exportKey(one)}`), "not an OpenPGP key file"],
    ["text after the key", () => file(`${one}.asc`, `${home.exportKey(one)}\nx`), "besides public key blocks"],
    ["half a key", () => file(`${one}.asc`, home.exportKey(one).slice(0, 200)), "middle of a key block"],
    ["a damaged key", () => file(`${one}.asc`, home.exportKey(one).replace(/^=..../m, "=AAAA")), "checksum"],
  ])("stops the start for %s", async (_name, make, says) => {
    const [mistake, ...others] = await directory(make());
    expect(others).toEqual([]);
    expect(mistake).toContain(says);
  });

  it("stops the start when a key stands there twice", async () => {
    const twice = [file(`${one}.asc`, home.exportKey(one)), file(`${one.toLowerCase()}.asc`, home.exportKey(one))];
    expect(await directory(...twice)).toEqual([`${one}: stands there twice`]);
  });
});

describe("a keyring", () => {
  it("trusts every key in it, binary, armored, or one armor after the other", async () => {
    expect(await keyring(home.gpg(["--export", one, other]))).toEqual([one, other]);
    expect(await keyring(home.gpg(["--armor", "--export", one, other]))).toEqual([one, other]);
    expect(await keyring(`${home.exportKey(one)}\n\n${home.exportKey(other)}`)).toEqual([one, other]);
  });

  it("of keys as they are in real life, with other people's certifications, is read as gpg reads it", async () => {
    const path = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const listing = home.gpg(["--show-keys", "--with-colons", path]).toString();
    const primaries = [...listing.matchAll(/^pub:.*\n(?:.*\n)*?fpr:+([0-9A-F]{40}):/gm)].map((match) => match[1]);
    expect(primaries.length).toBeGreaterThan(5);
    expect(await keyring(readFileSync(path))).toEqual(primaries);
    const keys = await parseTrustedKeys({ kind: "keyring", file: file("debian.gpg", readFileSync(path)) });
    const standings = keys.ok
      ? (await reportKeys(keys.value, new Date("2026-11-23"))).map(({ standing }) => standing)
      : [];
    expect(standings.filter((standing) => standing === "good").length).toBeGreaterThan(3);
    expect(standings).not.toContain("unreadable");
  });

  it("trusts nobody when it is another kind of file", async () => {
    expect((await keyring("hello"))[0]).toContain("not an OpenPGP key file");
    expect((await keyring(home.clearSign("x", { key: one })))[0]).toContain("besides public key blocks");
  });
});

describe("the report of trusted keys", () => {
  it("names those that are good and, without stopping, those that are not", async () => {
    const expired = home.makeKey({ created: born, expires: "20230301T000000" });
    const weak = home.makeKey({ algorithm: "rsa1024", created: born });
    const sha1 = home.makeKey({ algorithm: "rsa2048", created: born, options: ["--cert-digest-algo", "SHA1"] });
    const revoked = home.makeKey({ created: born });
    const unsigning = home.makeKey({ algorithm: "rsa2048", usage: "cert", created: born });
    home.revokeKey(revoked);
    const all = [one, expired, weak, sha1, revoked, unsigning];
    const keys = await parseTrustedKeys({
      kind: "directory",
      files: all.map((key) => file(`${key}.asc`, home.exportKey(key))),
    });
    expect(keys.ok).toBe(true);
    if (!keys.ok) return;
    const reports = await reportKeys(keys.value, now);
    expect(reports.map(({ standing }) => standing)).toEqual(["good", "expired", "weak", "weak", "revoked", "unfit"]);
    expect(reports.map(({ fingerprint }) => fingerprint)).toEqual(all);
    expect(reports[1]?.message).toBe(`the key ${expired} has expired`);
  });
});
