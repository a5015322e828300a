import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTrustedKeys } from "../../src/signed/index.ts";
import { headers, joinBody, packetBody, putTogether, splitBody, takeApart } from "../support/clear-signed.ts";
import { born, day, minute, now, plus, SigningDesk } from "./signing-desk.ts";

let desk: SigningDesk;
beforeAll(async () => {
  desk = await SigningDesk.open();
});
afterAll(() => desk.remove());

describe("a signature that is not good", () => {
  it.each<[string, (good: string) => string]>([
    ["over another text", (good) => good.replace("core-admin", "core-admln")],
    ["over another case", (good) => good.replace("Hold", "hold")],
    ["with an empty line more", (good) => good.replace("\n-----BEGIN PGP SIGNATURE", "\n$&")],
    ["with a space more", (good) => good.replace("Hold ", "Hold  ")],
    ["with a line more", (good) => good.replace("Hold", "Hold everything\nHold")],
    ["of another message", (good) => good.replace("core-admin", "core-agent")],
  ])("%s is refused as SIGNATURE_INVALID", async (_name, spoil) => {
    expect(await desk.verdictOf(spoil(desk.message), desk.key)).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNER_UNKNOWN when nobody trusted made it", async () => {
    const stranger = desk.home.makeKey({ created: born });
    expect(await desk.verdictOf(desk.message, stranger)).toBe("SIGNER_UNKNOWN");
    const nobody = {
      ...(await desk.verification.trust(desk.home.exportKey(desk.key))),
      certificates: [],
      keyring: new Uint8Array(),
    };
    expect(await desk.verification.verdict(desk.message, nobody, now)).toBe("SIGNER_UNKNOWN");
  });

  it("is refused when it claims a trusted issuer and was made by another key", async () => {
    const stranger = desk.home.makeKey({ created: born });
    const forged = desk.sign({ key: stranger });
    // The trusted key's signature packet with the stranger's numbers at its end.
    const own = takeApart(desk.message);
    const { numbers } = splitBody(packetBody(takeApart(forged).packets));
    const body = joinBody({ ...splitBody(packetBody(own.packets)), numbers });
    const packets = headers["old, four bytes"]?.(body) ?? body;
    expect(await desk.verdictOf(putTogether({ ...own, packets }), desk.key)).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNATURE_INVALID by a key whose own signatures are SHA-1 only", async () => {
    const made = desk.home.makeKey({ algorithm: "rsa2048", created: born, options: ["--cert-digest-algo", "SHA1"] });
    expect(await desk.verdictOf(desk.sign({ key: made }), made)).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNATURE_INVALID by a subkey that did not agree to be one: anybody could claim it", async () => {
    const made = desk.home.makeKey({ usage: "cert", created: born });
    const subkey = desk.home.addSubkey(made, "ed25519", "sign", "never", born);
    const message = desk.sign({ key: `${subkey}!` });
    const certificate = desk.home.gpg(["--export", made]);
    const judge = async (bytes: Uint8Array): Promise<string> => {
      const keys = await parseTrustedKeys({ kind: "keyring", file: { name: "ring.gpg", bytes } });
      return keys.ok ? desk.verification.verdict(message, keys.value, now) : String(keys.error);
    };
    expect(await judge(certificate)).toBe("accepted");
    // The last packet binds the subkey; its unhashed part holds the issuer and the subkey's own signature.
    const at = lastPacket(certificate);
    const body = splitBody(packetBody(certificate.subarray(at)));
    const alone = headers["old, two bytes"]?.(joinBody({ ...body, unhashed: body.unhashed.slice(0, 10) }));
    expect(await judge(Buffer.concat([certificate.subarray(0, at), alone ?? body.start]))).toBe("SIGNATURE_INVALID");
  });

  it("is refused as SIGNATURE_INVALID by a key that may not sign", async () => {
    const made = desk.home.makeKey({ algorithm: "rsa2048", created: born });
    const signed = desk.sign({ key: made });
    desk.home.editKey(made, ["change-usage", "S", "Q", "save"], plus(born, day));
    expect(await desk.verdictOf(signed, made)).toBe("SIGNATURE_INVALID");
  });
});

describe("a key that is good no more", () => {
  it("is refused as KEY_REVOKED, whatever it signed before", async () => {
    const made = desk.home.makeKey({ created: born });
    const signed = desk.sign({ key: made });
    expect(await desk.verdictOf(signed, made)).toBe("accepted");
    desk.home.revokeKey(made);
    expect(await desk.verdictOf(signed, made)).toBe("KEY_REVOKED");
  });

  it("is refused as KEY_REVOKED also where the revocation itself is SHA-1, as old ones are", async () => {
    const made = desk.home.makeKey({ algorithm: "rsa2048", created: born });
    const signed = desk.sign({ key: made });
    desk.home.editKey(made, ["revkey", "y", "1", "", "y", "save"], now, ["--cert-digest-algo", "SHA1"]);
    expect(await desk.verdictOf(signed, made)).toBe("KEY_REVOKED");
  });

  it("is refused as KEY_REVOKED when its signing subkey is revoked", async () => {
    const made = desk.home.makeKey({ algorithm: "rsa2048", usage: "cert", created: born });
    const subkey = desk.home.addSubkey(made, "rsa2048", "sign", "never", born);
    const signed = desk.sign({ key: `${subkey}!` });
    expect(await desk.verdictOf(signed, made)).toBe("accepted");
    desk.home.editKey(made, ["key 1", "revkey", "y", "1", "", "y", "save"], now);
    expect(await desk.verdictOf(signed, made)).toBe("KEY_REVOKED");
  });

  it("is refused as KEY_EXPIRED from the second of its end on", async () => {
    const made = desk.home.makeKey({ created: born, expires: "20230401T000000" });
    const signed = desk.sign({ key: made });
    expect(await desk.verdictOf(signed, made, new Date("2023-03-31T23:59:59Z"))).toBe("accepted");
    expect(await desk.verdictOf(signed, made, new Date("2023-04-01T00:00:00Z"))).toBe("KEY_EXPIRED");
  });

  it("is refused as KEY_EXPIRED when its signing subkey has expired", async () => {
    const made = desk.home.makeKey({ algorithm: "rsa2048", usage: "cert", created: born });
    const subkey = desk.home.addSubkey(made, "rsa2048", "sign", "20230401T000000", born);
    const signed = desk.sign({ key: `${subkey}!` });
    expect(await desk.verdictOf(signed, made)).toBe("accepted");
    expect(await desk.verdictOf(signed, made, new Date("2023-04-02T00:00:00Z"))).toBe("KEY_EXPIRED");
  });

  it("is good again once its owner has extended it and the new certificate is installed", async () => {
    const made = desk.home.makeKey({ created: born, expires: "20230401T000000" });
    const later = new Date("2023-04-02T00:00:00Z");
    desk.home.gpg(["--quick-set-expire", made, "20240401T000000"], "", later);
    const signed = desk.sign({ key: made, at: plus(later, minute) });
    expect(await desk.verdictOf(signed, made, plus(later, 2 * minute))).toBe("accepted");
  });
});

/** Where the last packet of what gpg exported begins: old headers of one or two bytes of length. */
function lastPacket(bytes: Uint8Array): number {
  let [at, next] = [0, 0];
  while (next < bytes.length) {
    at = next;
    const [header = 0, first = 0, second = 0] = bytes.subarray(at);
    next = at + ((header & 3) === 0 ? 2 + first : 3 + first * 256 + second);
  }
  return at;
}
