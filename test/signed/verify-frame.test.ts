import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oldestAcceptable } from "../../src/signed/index.ts";
import { takeApart } from "../support/clear-signed.ts";
import { GpgHome, type KeyWish, type SignWish } from "../support/gpg-home.ts";
import { SqKey } from "../support/sq.ts";
import { Verification } from "../support/verification.ts";

const born = new Date("2023-01-01T00:00:00Z");
const signedAt = new Date("2023-03-21T13:27:44Z");
const now = new Date("2023-03-22T00:00:00Z");
const text = "Hold r4.3 core-admin x all\n";
const plus = (date: Date, ms: number): Date => new Date(date.getTime() + ms);
const minute = 60_000;
const day = 86_400_000;

let home: GpgHome;
let verification: Verification;
let key: string;
let message: string;

beforeAll(async () => {
  home = new GpgHome();
  verification = await Verification.open();
  key = home.makeKey({ created: born });
  message = sign({ key });
});
afterAll(() => {
  home.remove();
  verification.remove();
});

function sign(wish: SignWish): string {
  return home.clearSign(text, { at: signedAt, ...wish });
}

/** What is said of a message when exactly that key, as it stands in the key ring now, is trusted. */
async function verdictOf(signed: string, trusted: string, at = now): Promise<string> {
  return verification.verdict(signed, await verification.trust(home.exportKey(trusted)), at);
}

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
    const made = home.makeKey({ ...wish, created: born });
    expect(await verdictOf(sign({ key: made, digest }), made)).toBe("accepted");
  });

  it.each<[string, KeyWish]>([
    ["RSA 1024", { algorithm: "rsa1024" }],
    ["DSA 2048", { algorithm: "dsa2048" }],
    ["Brainpool P-256", { algorithm: "brainpoolP256r1" }],
    ["secp256k1", { algorithm: "secp256k1" }],
  ])("with a key of %s is refused as SIGNATURE_INVALID", async (_name, wish) => {
    const made = home.makeKey({ ...wish, created: born });
    expect(await verdictOf(sign({ key: made }), made)).toBe("SIGNATURE_INVALID");
  });

  it.each(["rsa2048", "ed25519", "nistp256/ecdsa"])(
    "with a signing subkey of %s is its primary key's",
    async (kind) => {
      const made = home.makeKey({ algorithm: "rsa3072", usage: "cert", created: born });
      const subkey = home.addSubkey(made, kind, "sign", "never", born);
      const keys = await verification.trust(home.exportKey(made));
      const verdict = await verification.judge(sign({ key: `${subkey}!` }), keys, now);
      expect(verdict).toMatchObject({ verified: { signer: made } });
    },
  );

  it("tells who signed what and when", async () => {
    const keys = await verification.trust(home.exportKey(key));
    expect(await verification.judge(message, keys, now)).toMatchObject({
      verified: { signer: key, signedAt, lines: ["Hold r4.3 core-admin x all"] },
    });
  });

  it("is good with empty lines after its last command, and with several commands", async () => {
    const signed = home.clearSign("Hold x\nHold y\n\n\n", { key, at: signedAt });
    expect(await verdictOf(signed, key)).toBe("accepted");
  });

  it("is good with GitHub's line ends and blanks around it", async () => {
    expect(await verdictOf(`hello\r\n${message.replaceAll("\n", " \r\n")}\r\nbye`, key)).toBe("accepted");
  });
});

describe("a message signed with sq", () => {
  it.each(["cv25519", "rsa3k", "rsa4k"])(
    "with a key of %s is good, by a signing subkey and a salted signature",
    async (suite) => {
      const made = SqKey.make(born, ["--cipher-suite", suite]);
      const keys = await verification.trust(made.certificate());
      expect(await verification.verdict(made.clearSign(text, signedAt), keys, now)).toBe("accepted");
      made.remove();
    },
  );

  it.each(["rsa2048", "nistp256", "nistp384"])("with gpg's key of %s is good", async (algorithm) => {
    const made = home.makeKey({ algorithm, created: born });
    const taken = SqKey.of(home.exportSecretKey(made));
    expect(await verdictOf(taken.clearSign(text, signedAt), made)).toBe("accepted");
    taken.remove();
  });

  it("with a key that is revoked is refused as KEY_REVOKED", async () => {
    const made = SqKey.make(born);
    const signed = made.clearSign(text, signedAt);
    home.gpg(["--import"], made.certificate());
    const fingerprint = home.gpg(["--with-colons", "--list-keys", "sq@example.org"]).toString();
    const primary = /^fpr:+([0-9A-F]{40}):/m.exec(fingerprint)?.[1] ?? "";
    expect(await verdictOf(signed, primary)).toBe("accepted");
    home.gpg(["--import"], made.revocation(now));
    expect(await verdictOf(signed, primary)).toBe("KEY_REVOKED");
    made.remove();
  });

  it("with a key that has expired is refused as KEY_EXPIRED", async () => {
    const made = SqKey.make(born, ["--expires", "2023-04-01"]);
    const keys = await verification.trust(made.certificate());
    const signed = made.clearSign(text, signedAt);
    expect(await verification.verdict(signed, keys, now)).toBe("accepted");
    expect(await verification.verdict(signed, keys, new Date("2023-04-02T00:00:00Z"))).toBe("KEY_EXPIRED");
    made.remove();
  });
});

describe("a signature that is not good", () => {
  it.each<[string, (good: string) => string]>([
    ["over another text", (good) => good.replace("core-admin", "core-admln")],
    ["over another case", (good) => good.replace("Hold", "hold")],
    ["with an empty line more", (good) => good.replace("\n-----BEGIN PGP SIGNATURE", "\n$&")],
    ["with a space more", (good) => good.replace("Hold ", "Hold  ")],
    ["with a line more", (good) => good.replace("Hold", "Hold everything\nHold")],
    ["of another message", (good) => good.replace("core-admin", "core-agent")],
  ])("%s is refused as SIGNATURE_INVALID", async (_name, spoil) => {
    expect(await verdictOf(spoil(message), key)).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNER_UNKNOWN when nobody trusted made it", async () => {
    const stranger = home.makeKey({ created: born });
    expect(await verdictOf(message, stranger)).toBe("SIGNER_UNKNOWN");
    const nobody = { ...(await verification.trust(home.exportKey(key))), certificates: [], keyring: new Uint8Array() };
    expect(await verification.verdict(message, nobody, now)).toBe("SIGNER_UNKNOWN");
  });

  it("is refused when it claims a trusted issuer and was made by another key", async () => {
    const stranger = home.makeKey({ created: born });
    const forged = sign({ key: stranger });
    const [own, other] = [takeApart(message).packets, takeApart(forged).packets];
    expect(own.length).toBe(other.length);
    // The trusted key's signature packet with the stranger's numbers at its end.
    const spliced = new Uint8Array(Buffer.concat([own.subarray(0, -68), other.subarray(-68)]));
    const base64 = Buffer.from(spliced).toString("base64");
    const armored = message.replace(/(SIGNATURE-----\n\n)[\s\S]*?(?=-----END)/, `$1${base64}\n`);
    expect(await verdictOf(armored, key)).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNATURE_INVALID by a key whose own signatures are SHA-1 only", async () => {
    const made = home.makeKey({ algorithm: "rsa2048", created: born, options: ["--cert-digest-algo", "SHA1"] });
    expect(await verdictOf(sign({ key: made }), made)).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNATURE_INVALID by a key that may not sign", async () => {
    const made = home.makeKey({ algorithm: "rsa2048", created: born });
    const signed = sign({ key: made });
    home.editKey(made, ["change-usage", "S", "Q", "save"], plus(born, day));
    expect(await verdictOf(signed, made)).toBe("SIGNATURE_INVALID");
  });
});

describe("a key that is good no more", () => {
  it("is refused as KEY_REVOKED, whatever it signed before", async () => {
    const made = home.makeKey({ created: born });
    const signed = sign({ key: made });
    expect(await verdictOf(signed, made)).toBe("accepted");
    home.revokeKey(made);
    expect(await verdictOf(signed, made)).toBe("KEY_REVOKED");
  });

  it("is refused as KEY_REVOKED also where the revocation itself is SHA-1, as old ones are", async () => {
    const made = home.makeKey({ algorithm: "rsa2048", created: born });
    const signed = sign({ key: made });
    home.editKey(made, ["revkey", "y", "1", "", "y", "save"], now, ["--cert-digest-algo", "SHA1"]);
    expect(await verdictOf(signed, made)).toBe("KEY_REVOKED");
  });

  it("is refused as KEY_REVOKED when its signing subkey is revoked", async () => {
    const made = home.makeKey({ algorithm: "rsa2048", usage: "cert", created: born });
    const subkey = home.addSubkey(made, "rsa2048", "sign", "never", born);
    const signed = sign({ key: `${subkey}!` });
    expect(await verdictOf(signed, made)).toBe("accepted");
    home.editKey(made, ["key 1", "revkey", "y", "1", "", "y", "save"], now);
    expect(await verdictOf(signed, made)).toBe("KEY_REVOKED");
  });

  it("is refused as KEY_EXPIRED from the second of its end on", async () => {
    const made = home.makeKey({ created: born, expires: "20230401T000000" });
    const signed = sign({ key: made });
    expect(await verdictOf(signed, made, new Date("2023-03-31T23:59:59Z"))).toBe("accepted");
    expect(await verdictOf(signed, made, new Date("2023-04-01T00:00:00Z"))).toBe("KEY_EXPIRED");
  });

  it("is refused as KEY_EXPIRED when its signing subkey has expired", async () => {
    const made = home.makeKey({ algorithm: "rsa2048", usage: "cert", created: born });
    const subkey = home.addSubkey(made, "rsa2048", "sign", "20230401T000000", born);
    const signed = sign({ key: `${subkey}!` });
    expect(await verdictOf(signed, made)).toBe("accepted");
    expect(await verdictOf(signed, made, new Date("2023-04-02T00:00:00Z"))).toBe("KEY_EXPIRED");
  });

  it("is good again once its owner has extended it and the new certificate is installed", async () => {
    const made = home.makeKey({ created: born, expires: "20230401T000000" });
    const later = new Date("2023-04-02T00:00:00Z");
    home.gpg(["--quick-set-expire", made, "20240401T000000"], "", later);
    const signed = sign({ key: made, at: plus(later, minute) });
    expect(await verdictOf(signed, made, plus(later, 2 * minute))).toBe("accepted");
  });
});

describe("a signature's time", () => {
  it("may be five minutes ahead of ours, and no more", async () => {
    expect(await verdictOf(message, key, plus(signedAt, -5 * minute))).toBe("accepted");
    expect(await verdictOf(message, key, plus(signedAt, -5 * minute - 1000))).toBe("SIGNATURE_IN_FUTURE");
  });

  it("may be as old as the terms say, and no older", async () => {
    const keys = await verification.trust(home.exportKey(key));
    const at = (notBefore: Date): Promise<string> => verification.verdict(message, keys, now, notBefore);
    expect(await at(signedAt)).toBe("accepted");
    expect(await at(plus(signedAt, 1000))).toBe("SIGNATURE_TOO_OLD");
  });

  it("counts from seven days ago, or from the birth of the ledger where that is later", () => {
    const terms = { now, maxAgeDays: 7 };
    expect(oldestAcceptable({ ...terms, ledgerBorn: born })).toEqual(new Date("2023-03-15T00:00:00Z"));
    expect(oldestAcceptable({ ...terms, ledgerBorn: signedAt })).toEqual(signedAt);
  });

  it("ends where the signature says so itself", async () => {
    // sqv looks at the real clock for this, so the good half has to happen now.
    const today = new Date(Math.floor(Date.now() / 1000) * 1000);
    const signed = sign({ key, at: today, options: ["--default-sig-expire", "1d"] });
    expect(await verdictOf(signed, key, today)).toBe("accepted");
    expect(await verdictOf(signed, key, plus(today, day))).toBe("SIGNATURE_TOO_OLD");
  });

  it("is not before its key was made", async () => {
    const made = home.makeKey({ algorithm: "rsa2048", created: signedAt });
    const early = sign({ key: made, at: plus(signedAt, -day), options: ["--ignore-time-conflict"] });
    expect(await verdictOf(early, made)).toBe("SIGNATURE_INVALID");
  });
});

describe("two verifiers", () => {
  it("must agree: what the second does not take is refused as VERIFIERS_DISAGREE", async () => {
    const keys = await verification.trust(home.exportKey(key));
    const judge = async (opinion: object): Promise<string> => {
      const doubting = Object.create(verification) as Verification;
      Object.defineProperty(doubting, "secondOpinion", { value: { judge: async () => opinion } });
      return doubting.verdict(message, keys, now);
    };
    expect(await judge({ verdict: "good", signer: key })).toBe("accepted");
    expect(await judge({ verdict: "bad", reason: "no" })).toBe("VERIFIERS_DISAGREE");
    expect(await judge({ verdict: "good", signer: "A".repeat(40) })).toBe("VERIFIERS_DISAGREE");
  });

  it("cannot be replaced by one: a second that fails lets nothing through", async () => {
    const keys = await verification.trust(home.exportKey(key));
    const failing = Object.create(verification) as Verification;
    Object.defineProperty(failing, "secondOpinion", { value: { judge: () => Promise.reject(new Error("gone")) } });
    await expect(failing.verdict(message, keys, now)).rejects.toThrow("gone");
  });

  it("are asked in that order: the second never sees what the first refuses", async () => {
    let asked = 0;
    const counting = Object.create(verification) as Verification;
    Object.defineProperty(counting, "secondOpinion", {
      value: {
        judge: async () => {
          asked += 1;
          return { verdict: "bad", reason: "" };
        },
      },
    });
    const keys = await verification.trust(home.exportKey(key));
    await counting.verdict(message.replace("Hold", "Help"), keys, now);
    expect(asked).toBe(0);
  });
});
