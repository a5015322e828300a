import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyWish } from "../support/gpg-home.ts";
import { SqKey } from "../support/sq.ts";
import { born, now, SigningDesk, signedAt, text } from "./signing-desk.ts";

let desk: SigningDesk;
beforeAll(async () => {
  desk = await SigningDesk.open();
});
afterAll(() => desk.remove());

describe("a message signed with gpg", () => {
  it.each<[string, KeyWish, string]>([
    ["RSA 2048", { algorithm: "rsa2048" }, "SHA256"],
    ["RSA 3072", { algorithm: "rsa3072" }, "SHA384"],
    ["RSA 4096", { algorithm: "rsa4096" }, "SHA512"],
    ["Ed25519", { algorithm: "ed25519" }, "SHA256"],
    ["P-256", { algorithm: "nistp256" }, "SHA256"],
    ["P-384", { algorithm: "nistp384" }, "SHA384"],
    ["P-521", { algorithm: "nistp521" }, "SHA512"],
  ])("with a key of %s is good", async (_name, wish, digest) => {
    const made = desk.home.makeKey({ ...wish, created: born });
    expect(await desk.verdictOf(desk.sign({ key: made, digest }), made)).toBe("accepted");
  });

  it.each<[string, KeyWish]>([
    ["RSA 1024", { algorithm: "rsa1024" }],
    ["DSA 2048", { algorithm: "dsa2048" }],
    ["Brainpool P-256", { algorithm: "brainpoolP256r1" }],
    ["secp256k1", { algorithm: "secp256k1" }],
  ])("with a key of %s is refused as SIGNATURE_INVALID", async (_name, wish) => {
    const made = desk.home.makeKey({ ...wish, created: born });
    expect(await desk.verdictOf(desk.sign({ key: made }), made)).toBe("SIGNATURE_INVALID");
  });

  it.each(["rsa2048", "ed25519", "nistp256/ecdsa"])(
    "with a signing subkey of %s is its primary key's",
    async (kind) => {
      const made = desk.home.makeKey({ algorithm: "rsa3072", usage: "cert", created: born });
      const subkey = desk.home.addSubkey(made, kind, "sign", "never", born);
      const keys = await desk.verification.trust(desk.home.exportKey(made));
      const verdict = await desk.verification.judge(desk.sign({ key: `${subkey}!` }), keys, now);
      expect(verdict).toMatchObject({ verified: { signer: made } });
    },
  );

  it("tells who signed what and when", async () => {
    const keys = await desk.verification.trust(desk.home.exportKey(desk.key));
    expect(await desk.verification.judge(desk.message, keys, now)).toMatchObject({
      verified: { signer: desk.key, signedAt, lines: ["Hold r4.3 core-admin x all"] },
    });
  });

  it("is good with empty lines after its last command, and with several commands", async () => {
    const signed = desk.home.clearSign("Hold x\nHold y\n\n\n", { key: desk.key, at: signedAt });
    expect(await desk.verdictOf(signed, desk.key)).toBe("accepted");
  });

  it("is good with GitHub's line ends and blanks around it", async () => {
    expect(await desk.verdictOf(`hello\r\n${desk.message.replaceAll("\n", " \r\n")}\r\nbye`, desk.key)).toBe(
      "accepted",
    );
  });
});

describe("a message signed with sq", () => {
  it.each(["cv25519", "rsa3k", "rsa4k"])(
    "with a key of %s is good, by a signing subkey and a salted signature",
    async (suite) => {
      const made = SqKey.make(born, ["--cipher-suite", suite]);
      const keys = await desk.verification.trust(made.certificate());
      expect(await desk.verification.verdict(made.clearSign(text, signedAt), keys, now)).toBe("accepted");
      made.remove();
    },
  );

  it.each(["rsa2048", "nistp256", "nistp384"])("with gpg's key of %s is good", async (algorithm) => {
    const made = desk.home.makeKey({ algorithm, created: born });
    const taken = SqKey.of(desk.home.exportSecretKey(made));
    expect(await desk.verdictOf(taken.clearSign(text, signedAt), made)).toBe("accepted");
    taken.remove();
  });

  it("with a key that is revoked is refused as KEY_REVOKED", async () => {
    const made = SqKey.make(born);
    const signed = made.clearSign(text, signedAt);
    desk.home.gpg(["--import"], made.certificate());
    const fingerprint = desk.home.gpg(["--with-colons", "--list-keys", "sq@example.org"]).toString();
    const primary = /^fpr:+([0-9A-F]{40}):/m.exec(fingerprint)?.[1] ?? "";
    expect(await desk.verdictOf(signed, primary)).toBe("accepted");
    desk.home.gpg(["--import"], made.revocation(now));
    expect(await desk.verdictOf(signed, primary)).toBe("KEY_REVOKED");
    made.remove();
  });

  it("with a key that has expired is refused as KEY_EXPIRED", async () => {
    const made = SqKey.make(born, ["--expires", "2023-04-01"]);
    const keys = await desk.verification.trust(made.certificate());
    const signed = made.clearSign(text, signedAt);
    expect(await desk.verification.verdict(signed, keys, now)).toBe("accepted");
    expect(await desk.verification.verdict(signed, keys, new Date("2023-04-02T00:00:00Z"))).toBe("KEY_EXPIRED");
    made.remove();
  });
});
