/** One signature in every encoding that still verifies has one ledger key, so that it runs once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrustedKeys } from "../../src/signed/index.ts";
import { headers, joinBody, packetBody, putTogether, splitBody, takeApart } from "../support/clear-signed.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { Verification } from "../support/verification.ts";

const born = new Date("2023-01-01T00:00:00Z");
const now = new Date("2023-03-22T00:00:00Z");
const at = new Date("2023-03-21T13:27:44Z");
/** The order of P-256 (FIPS 186-4 D.1.2.3). */
const order256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const order384 = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;

let home: GpgHome;
let verification: Verification;
beforeAll(async () => {
  home = new GpgHome();
  verification = await Verification.open();
});
afterAll(() => {
  home.remove();
  verification.remove();
});

async function ledgerKeyOf(message: string, keys: TrustedKeys): Promise<string> {
  const verdict = await verification.judge(message, keys, now);
  return "verified" in verdict ? verdict.verified.ledgerKey : verdict.code;
}

/** Other ways to write the same signature: name → message. */
function reencodings(message: string): Map<string, string> {
  const parts = takeApart(message);
  const body = packetBody(parts.packets);
  const split = splitBody(body);
  const found = new Map<string, string>();
  const add = (name: string, packets: Uint8Array): void => void found.set(name, putTogether({ ...parts, packets }));
  for (const [name, header] of Object.entries(headers)) {
    const short = name.endsWith("one byte");
    if (short && body.length > (name.startsWith("old") ? 255 : 191)) continue;
    if (name === "new, two bytes" && body.length < 192) continue;
    add(`header: ${name}`, header(body));
  }
  const long = headers["old, four bytes"];
  if (long === undefined) throw new Error("no long header");
  const issuer = split.unhashed;
  const unhashed: Readonly<Record<string, Uint8Array>> = {
    none: new Uint8Array(),
    "the issuer twice": Uint8Array.from([...issuer, ...issuer]),
    "an unknown one": Uint8Array.from([...issuer, 3, 101, 1, 2]),
    "one with a long length": Uint8Array.from([...issuer, 255, 0, 0, 0, 3, 101, 1, 2]),
    "another creation time": Uint8Array.from([...issuer, 5, 2, 1, 2, 3, 4]),
    "an end": Uint8Array.from([...issuer, 5, 3, 0, 0, 0, 1]),
    "a notation": Uint8Array.from([...issuer, 12, 20, 0x80, 0, 0, 0, 0, 1, 0, 2, 0x61, 0x62, 0x63]),
    "an unknown critical one": Uint8Array.from([...issuer, 3, 0x80 | 101, 1, 2]),
  };
  for (const [name, area] of Object.entries(unhashed)) {
    add(`unhashed: ${name}`, long(joinBody({ ...split, unhashed: area })));
  }
  const [high = 0, low = 0, ...digits] = split.numbers;
  const bits = high * 256 + low;
  // A first number written with eight zero bits before it.
  const padded = Uint8Array.from([(bits + 8) >> 8, (bits + 8) & 0xff, 0, ...digits]);
  if (bits % 8 === 0) add("a number with leading zeros", long(joinBody({ ...split, numbers: padded })));
  found.set("no checksum", putTogether(parts));
  for (const width of [1, 4, 20, 76, 250]) found.set(`lines of ${width}`, putTogether(parts, width));
  const armor = "-----BEGIN PGP SIGNATURE-----\n";
  found.set("armor headers", message.replace(armor, `${armor}Version: GnuPG v9\nComment: x\nComment:\n`));
  return found;
}

/** Splits two multiprecision integers. */
function twoNumbers(numbers: Uint8Array): [Uint8Array, bigint] {
  const length = 2 + Math.ceil(((numbers[0] ?? 0) * 256 + (numbers[1] ?? 0)) / 8);
  return [numbers.slice(0, length), BigInt(`0x${Buffer.from(numbers.slice(length + 2)).toString("hex")}`)];
}

function mpi(value: bigint): number[] {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const bits = value.toString(2).length;
  return [bits >> 8, bits & 0xff, ...bytes];
}

describe.each(["ed25519", "rsa2048", "nistp256", "nistp384"])("a signature by %s", (algorithm) => {
  it("has one ledger key in every encoding that still verifies", async () => {
    const key = home.makeKey({ algorithm, created: born });
    const keys = await verification.trust(home.exportKey(key));
    const digest = algorithm === "nistp384" ? "SHA384" : "SHA256";
    const message = home.clearSign("Hold r4.3 core-admin x all\n", { key, at, digest });
    const ledgerKey = await ledgerKeyOf(message, keys);
    expect(ledgerKey).toMatch(new RegExp(`^${key}:[0-9a-f]{64}$`));

    let verified = 0;
    for (const [name, variant] of reencodings(message)) {
      expect(variant, name).not.toBe(message);
      const found = await ledgerKeyOf(variant, keys);
      if (found.includes(":")) verified += 1;
      expect([name, [ledgerKey, "FRAME_INVALID", "SIGNATURE_INVALID"].includes(found) ? ledgerKey : found]).toEqual([
        name,
        ledgerKey,
      ]);
    }
    // The greater part of them do verify: otherwise this would prove nothing.
    expect(verified).toBeGreaterThan(12);
  });

  it("has another one for another text, another time and another key", async () => {
    const [key, other] = [home.makeKey({ algorithm, created: born }), home.makeKey({ algorithm, created: born })];
    const keys = await verification.trust(home.exportKey(key), home.exportKey(other));
    const digest = algorithm === "nistp384" ? "SHA384" : "SHA256";
    const messages = [
      home.clearSign("Hold x\n", { key, at, digest }),
      home.clearSign("Hold y\n", { key, at, digest }),
      home.clearSign("Hold x\n\n", { key, at, digest }),
      home.clearSign("Hold x\n", { key, at: now, digest }),
      home.clearSign("Hold x\n", { key: other, at, digest }),
    ];
    const found = await Promise.all(messages.map((message) => ledgerKeyOf(message, keys)));
    expect(new Set(found).size).toBe(messages.length);
    expect(found.every((each) => each.includes(":"))).toBe(true);
  });
});

describe.each([
  ["nistp256", order256, "SHA256"],
  ["nistp384", order384, "SHA384"],
] as const)("ECDSA's other s for %s", (algorithm, order, digest) => {
  it("verifies, and has the same ledger key", async () => {
    const key = home.makeKey({ algorithm, created: born });
    const keys = await verification.trust(home.exportKey(key));
    const message = home.clearSign("Hold r4.3 core-admin x all\n", { key, at, digest });
    const parts = takeApart(message);
    const split = splitBody(packetBody(parts.packets));
    const [r, s] = twoNumbers(split.numbers);
    const numbers = Uint8Array.from([...r, ...mpi(order - s)]);
    const packets = headers["old, four bytes"]?.(joinBody({ ...split, numbers })) ?? new Uint8Array();
    const other = await ledgerKeyOf(putTogether({ ...parts, packets }), keys);
    expect(other).toBe(await ledgerKeyOf(message, keys));
    expect(other).toContain(key);
  });
});
