import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseFrame } from "../../src/signed/index.ts";
import { headers, joinBody, packetBody, putTogether, splitBody, takeApart } from "../support/clear-signed.ts";
import { GpgHome } from "../support/gpg-home.ts";

let home: GpgHome;
let key: string;
/** A message as gpg writes it; its key is Ed25519. */
let good: string;

beforeAll(() => {
  home = new GpgHome();
  key = home.makeKey();
  good = home.clearSign("Hold r4.3 core-admin x all\n", { key });
});
afterAll(() => home.remove());

function verdict(message: string | Uint8Array): string {
  const frame = parseFrame(Buffer.from(message as Uint8Array));
  return frame.ok ? "accepted" : `${frame.error.code}: ${frame.error.message}`;
}

/** The message with other packets in its armor. */
function withPackets(change: (packet: Uint8Array) => Uint8Array): string {
  const parts = takeApart(good);
  return putTogether({ ...parts, packets: change(parts.packets) });
}

const withBody = (change: (body: Uint8Array) => Uint8Array): string =>
  withPackets((packet) => headers["old, four bytes"]?.(change(packetBody(packet))) ?? packet);
const patched = (index: number, value: number): string =>
  withBody((body) => body.map((byte, at) => (at === index ? value : byte)));
const withNumbers = (change: (numbers: Uint8Array) => Uint8Array): string =>
  withBody((body) => {
    const parts = splitBody(body);
    return joinBody({ ...parts, numbers: change(parts.numbers) });
  });
/** The same bytes under another length in bits that asks for as many. */
const otherLength = (numbers: Uint8Array): Uint8Array => {
  const bits = (numbers[0] ?? 0) * 256 + (numbers[1] ?? 0);
  const claimed = bits % 8 === 1 ? bits + 1 : bits - 1;
  return concat([claimed >> 8, claimed & 0xff], numbers.slice(2));
};
const concat = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}`).join("\n");
const sign = (text: string): string => home.clearSign(text, { key });

describe("the frame", () => {
  it.each<[string, () => string]>([
    ["what gpg writes", () => good],
    ["SHA384", () => home.clearSign("x\n", { key, digest: "SHA384" })],
    ["SHA512", () => home.clearSign("x\n", { key, digest: "SHA512" })],
    [
      "armor headers Version and Comment",
      () => home.clearSign("x\n", { key, options: ["--comment", "a: b", "--emit-version"] }),
    ],
    ["no checksum", () => putTogether(takeApart(good))],
    ["base64 in shorter lines", () => putTogether(takeApart(good), 20)],
    ["base64 in longer lines", () => putTogether(takeApart(good), 200)],
    ["empty lines after the last command", () => sign("x\n\n\n\n")],
    ["50 lines", () => sign(lines(50))],
    ["a line of 255 characters", () => sign("x".repeat(255))],
    ...Object.entries(headers)
      .filter(([name]) => name !== "new, two bytes")
      .map(([name, header]): [string, () => string] => [
        `a packet header: ${name}`,
        () => withPackets((packet) => header(packetBody(packet))),
      ]),
  ])("accepts %s", (_name, make) => {
    expect(verdict(make())).toBe("accepted");
  });

  it.each<[string, () => string | Uint8Array, string]>([
    ["nothing at all", () => "", "does not begin with"],
    ["more than 8,192 bytes", () => sign(lines(49) + "\n".repeat(8000)), "longer than 8192 bytes"],
    ["text before it", () => `x\n${good}`, "does not begin with"],
    ["an empty line before it", () => `\n${good}`, "does not begin with"],
    ["text after it", () => `${good}x\n`, "something follows"],
    ["an empty line after it", () => `${good}\n`, "something follows"],
    ["a second message after it", () => good + good, "something follows"],
    ["no line end at its end", () => good.trimEnd(), "does not end with a line end"],
    ["carriage returns", () => good.replaceAll("\n", "\r\n"), "not a printable ASCII character"],
    ["a bare carriage return", () => good.replace("Hold ", "Hold\r"), "not a printable ASCII character"],
    ["a tab", () => good.replace("Hold ", "Hold\t"), "not a printable ASCII character"],
    ["a null byte", () => good.replace("Hold ", "Hold\0"), "not a printable ASCII character"],
    ["a zero-width space", () => good.replace("Hold ", "Hold\u200b "), "not a printable ASCII character"],
    ["a right-to-left override", () => good.replace("Hold ", "\u202eHold "), "not a printable ASCII character"],
    ["a byte order mark", () => `\ufeff${good}`, "not a printable ASCII character"],
    ["bytes that are no UTF-8", () => Buffer.from(good.replace("Hold", "H\xffld"), "latin1"), "not a printable"],
    ["a line of 256 characters", () => sign("x".repeat(256)), "longer than 255"],
    ["no Hash header", () => good.replace(/Hash: .*\n/, ""), "second line"],
    ["two Hash headers", () => good.replace(/Hash: .*\n/, "$&$&"), "third line"],
    ["another header beside Hash", () => good.replace(/Hash: .*\n/, "$&Charset: UTF-8\n"), "third line"],
    ["NotDashEscaped", () => good.replace(/Hash: .*\n/, "$&NotDashEscaped: yes\n"), "third line"],
    ["several digests in the Hash header", () => good.replace("SHA256", "SHA256,SHA512"), "second line"],
    ["a Hash header in small letters", () => good.replace("Hash", "hash"), "second line"],
    ["blanks behind the Hash header", () => good.replace("SHA256", "SHA256 "), "second line"],
    ["SHA-1", () => home.clearSign("x\n", { key, digest: "SHA1" }), "second line"],
    ["MD5", () => good.replace("SHA256", "MD5"), "second line"],
    ["SHA-224", () => good.replace("SHA256", "SHA224"), "second line"],
    ["no empty line after the header", () => good.replace(/\n\n/, "\n"), "third line"],
    ["a Hash header that is not the signature's", () => good.replace("SHA256", "SHA512"), "not the one that its Hash"],
    ["a dash-escaped line", () => sign("- x\n"), "begins with a dash"],
    ["a line that begins with From, as gpg escapes it", () => sign("From x\n"), "begins with a dash"],
    ["a message within the message", () => sign(good), "begins with a dash"],
    ["a bare message within the message", () => good.replace("Hold", `${good}Hold`), "begins with a dash"],
    ["a line that ends with a space", () => good.replace("x all", "x all "), "ends with a space"],
    ["no command", () => sign(""), "holds no command"],
    ["only empty lines", () => sign("\n\n"), "holds no command"],
    ["an empty line before a command", () => sign("\nHold x\n"), "empty line stands before"],
    ["an empty line between commands", () => sign("Hold x\n\nHold y\n"), "empty line stands before"],
    ["51 lines", () => sign(lines(51)), "more than 50 lines"],
    [
      "no signature",
      () => good.replace(/-----BEGIN PGP SIGNATURE[\s\S]*/, ""),
      "has no line '-----BEGIN PGP SIGNATURE",
    ],
    ["no end", () => good.replace("-----END PGP SIGNATURE-----\n", ""), "has no line '-----END PGP SIGNATURE"],
    ["blanks behind the end", () => good.replace("END PGP SIGNATURE-----", "$& "), "has no line '-----END PGP"],
    ["no empty line before the base64", () => good.replace("SIGNATURE-----\n\n", "SIGNATURE-----\n"), "no empty line"],
    [
      "an armor header of another kind",
      () => good.replace("SIGNATURE-----\n", "$&Hash: SHA256\n"),
      "other than Version",
    ],
    ["no base64", () => good.replace(/(SIGNATURE-----\n\n)[\s\S]*?(?=-----END)/, "$1"), "is empty"],
    ["an empty line in the base64", () => good.replace(/(\n[\w+/]{20})/, "$1\n\n"), "empty line stands inside"],
    ["a blank in the base64", () => good.replace(/(\n\n[\w+/]{20})/, "$1 "), "not base64"],
    ["a wrong checksum", () => good.replace(/^=..../m, "=AAAA"), "checksum"],
    ["two checksums", () => good.replace(/^=....\n/m, "$&$&"), "padding"],
    ["a padding that is missing", () => padded().replace(/=+\n-----END/, "\n-----END"), "not canonical"],
    ["a padding too long", () => padded().replace(/=\n-----END/, "==\n-----END"), "base64"],
    [
      "bits after the end of the base64",
      () => padded().replace(/(.)(=+)\n-----END/, (_, last: string, pad: string) => `${after(last)}${pad}\n-----END`),
      "not canonical",
    ],
    [
      "two signers",
      () => home.clearSign("x\n", { key, options: ["--local-user", home.makeKey()] }),
      "more than one signature",
    ],
    ["two signatures", () => withPackets((packet) => concat(packet, packet)), "more than one signature"],
    ["half a signature", () => withPackets((packet) => packet.slice(0, 60)), "ends too early"],
    [
      "another packet before the signature",
      () => withPackets((packet) => concat([0xb4, 1, 0x41], packet)),
      "not a signature",
    ],
    [
      "another packet after the signature",
      () => withPackets((packet) => concat(packet, [0xb4, 1, 0x41])),
      "more than one",
    ],
    ["no packet", () => withPackets(() => Uint8Array.of(1, 2, 3)), "no OpenPGP packet"],
    ["a partial length", () => withPackets((packet) => concat([0xc2, 0xe6], packetBody(packet))), "partial length"],
    [
      "an indeterminate length",
      () => withPackets((packet) => concat([0x8b], packetBody(packet))),
      "no definite length",
    ],
    ["a version 3 signature", () => patched(0, 3), "not a version 4"],
    ["a version 6 signature", () => patched(0, 6), "not a version 4"],
    ["a signature over a binary document", () => patched(1, 0), "not a signature over text"],
    ["a certification", () => patched(1, 0x13), "not a signature over text"],
    ["an algorithm that nobody knows", () => patched(2, 99), "algorithm"],
    ["ElGamal", () => patched(2, 20), "algorithm"],
    ["bytes after the signature's numbers", () => withBody((body) => concat(body, [0])), "bytes follow"],
    ["no creation time", () => withSubpackets(() => []), "does not say when"],
    [
      "a creation time that is not covered by the signature",
      () => withSubpackets(() => [], [5, 2, 1, 2, 3, 4]),
      "does not say when",
    ],
    ["two creation times", () => withSubpackets((area) => concat(area, [5, 2, 1, 2, 3, 4])), "twice"],
    ["a creation time of three bytes", () => withSubpackets(() => [4, 2, 1, 2, 3]), "four bytes"],
    ["two issuers", () => withSubpackets((area) => concat(area, [9, 16, 1, 2, 3, 4, 5, 6, 7, 8])), "two issuers"],
    [
      "an issuer that its unhashed part contradicts",
      () => withSubpackets((area) => area, [9, 16, 1, 2, 3, 4, 5, 6, 7, 8]),
      "two issuers",
    ],
    ["no issuer", () => withSubpackets(() => [5, 2, 1, 2, 3, 4], []), "does not say whose"],
    ["a subpacket that ends too late", () => withSubpackets((area) => concat(area, [200, 2])), "ends too early"],
    ["a subpacket without a type", () => withSubpackets((area) => concat(area, [0])), "without a type"],
    ["a number with leading zeros", () => withNumbers((numbers) => concat([1, 8, 0], numbers.slice(2))), "not written"],
    ["a number that claims a bit more or less", () => withNumbers(otherLength), "not written"],
    [
      "a number that is nought",
      () => withBody((body) => joinBody({ ...splitBody(body), numbers: Uint8Array.of(0, 0, 0, 0) })),
      "not written as it should be",
    ],
  ])("refuses %s", (_name, make, says) => {
    const said = verdict(make());
    expect(said).toMatch(/^FRAME_INVALID: /);
    expect(said).toContain(says);
  });

  it("copies what it was given, so that nobody changes it after it was checked", () => {
    const bytes = Buffer.from(good);
    const frame = parseFrame(bytes);
    bytes.fill(0x41);
    expect(frame.ok && frame.value.lines).toEqual(["Hold r4.3 core-admin x all"]);
    expect(frame.ok && Buffer.from(frame.value.canonicalText).toString()).toBe("Hold r4.3 core-admin x all");
  });

  it("covers the empty lines after the last command with the text that is verified", () => {
    const frame = parseFrame(Buffer.from(sign("Hold x\n\n\n")));
    expect(frame.ok && Buffer.from(frame.value.canonicalText).toString()).toBe("Hold x\r\n\r\n");
    expect(frame.ok && frame.value.lines).toEqual(["Hold x"]);
  });
});

/** The message without a checksum and with an armor that ends in padding, for which a Comment subpacket may be needed. */
function padded(): string {
  for (let extra = 0; extra < 3; extra++) {
    // An unhashed notation of some length shifts the end of the base64.
    const message = withSubpackets((area) => area, [2 + extra, 100, ...new Array<number>(1 + extra).fill(0)]);
    if (/[^=]=\n-----END/.test(message)) return message;
  }
  throw new Error("no padding came about");
}

/** The next letter of the base64 alphabet: it differs in the lowest bit, which padding leaves unused. */
function after(letter: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return alphabet[alphabet.indexOf(letter) ^ 1] ?? "";
}

/** The message with other hashed subpackets, and with other unhashed ones where they are given. */
function withSubpackets(
  change: (area: Uint8Array) => Uint8Array | readonly number[],
  unhashed?: readonly number[],
): string {
  return withBody((body) => {
    const parts = splitBody(body);
    const area = Uint8Array.from(change(parts.hashed.slice(6)));
    const hashed = concat(parts.hashed.slice(0, 4), [area.length >> 8, area.length & 0xff], area);
    return joinBody({
      ...parts,
      hashed,
      unhashed: unhashed === undefined ? parts.unhashed : Uint8Array.from(unhashed),
    });
  });
}
