import { describe, expect, it } from "vitest";
import { readVerification } from "../../../src/adapters/git/maintainers.ts";
import { parseTagHeader, splitCommit, splitTag } from "../../../src/adapters/git/signed-object.ts";
import type { Fingerprint } from "../../../src/domain/index.ts";

const alice = "A".repeat(40) as Fingerprint;
const subkey = "B".repeat(40);
const good = `[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG BBBBBBBBBBBBBBBB Alice\n[GNUPG:] VALIDSIG ${subkey} 2026-11-23 1 0 4 0 22 8 00 ${alice}\n`;
const read = (lines: string, maintainers = [alice]) => readVerification(lines, maintainers);

describe("gpg's status lines", () => {
  it("name the primary key, not the subkey that signed", () => {
    expect(read(good)).toEqual({ kind: "good", signer: alice });
  });

  it.each([
    ["no line at all", "", "cannot be verified"],
    ["a good signature by nobody's maintainer", good.replace(alice, "C".repeat(40)), "is no maintainer"],
    ["two good signatures", good + good, "cannot be verified"],
    ["a bad one beside a good one", `${good}[GNUPG:] BADSIG 1 Mallory\n`, "does not fit"],
    ["an error beside a good one", `${good}[GNUPG:] ERRSIG 1 22 8 00 1 9\n`, "cannot be verified"],
    ["an unknown key beside a good one", `${good}[GNUPG:] NO_PUBKEY 1\n`, "which is no maintainer's"],
    ["an expired key", good.replace("GOODSIG", "EXPKEYSIG"), "has expired"],
    ["a revoked key", good.replace("GOODSIG", "REVKEYSIG"), "is revoked"],
    ["an expired signature", good.replace("GOODSIG", "EXPSIG"), "the signature has expired"],
    ["a good signature that is not said to be valid", good.replace("VALIDSIG", "NOTATION"), "cannot be verified"],
    ["words of a user id that look like a status line", `x[GNUPG:] GOODSIG 1 x\n`, "cannot be verified"],
  ])("are no good signature where they hold %s", (_name, lines, reason) => {
    const facts = read(lines);
    expect(facts.kind === "bad" ? facts.reason : facts.kind).toContain(reason);
  });
});

const signature = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";

describe("git's signed objects", () => {
  it("are split where git splits them: a tag at the last signature in it", () => {
    const body = `object ${"1".repeat(40)}\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\nsays ${signature}`;
    const { payload, signature: found } = splitTag(Buffer.from(body + signature));
    expect([payload.toString(), found?.toString()]).toEqual([body, signature]);
    expect(splitTag(Buffer.from("no signature\n")).signature).toBeNull();
  });

  it("are split out of a commit's header, and twice signed is not signed", () => {
    const head = `tree ${"1".repeat(40)}\nauthor A <a@b> 1 +0000\n`;
    const signed = `gpgsig ${signature.trimEnd().split("\n").join("\n ")}\n`;
    const { payload, signature: found } = splitCommit(Buffer.from(`${head}${signed}\nmessage\ngpgsig no\n`));
    expect([payload.toString(), found?.toString()]).toEqual([`${head}\nmessage\ngpgsig no\n`, signature]);
    expect(splitCommit(Buffer.from(`${head}${signed}${signed}\nmessage\n`)).signature).toBeNull();
  });

  it.each([
    ["a header in another order", `type commit\nobject ${"1".repeat(40)}\ntag v1\n`],
    ["a short object", "object 12\ntype commit\ntag v1\n"],
    ["no name", `object ${"1".repeat(40)}\ntype commit\ntag \n`],
  ])("have no header that is %s", (_name, text) => {
    expect(parseTagHeader(Buffer.from(text))).toBeNull();
  });
});
