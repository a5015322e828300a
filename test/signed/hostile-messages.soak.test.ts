/** Hostile bytes: nothing escapes, and nothing is accepted that was not signed. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LedgerKey, parseFrame, type TrustedKeys, verifyFrame } from "../../src/signed/index.ts";
import { cpuMilliseconds } from "../support/cpu-time.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { isFullSoak, soakSeed } from "../support/soak.ts";
import { Verification } from "../support/verification.ts";
import { mutated } from "./mutations.ts";

const count = isFullSoak ? 100_000 : 3_000;
const now = new Date("2023-03-22T00:00:00Z");
const at = new Date("2023-03-21T13:27:44Z");

let home: GpgHome;
let verification: Verification;
let keys: TrustedKeys;
let messages: string[];
/** What was really signed: ledger key → its lines. */
const signed = new Map<LedgerKey, readonly string[]>();

beforeAll(async () => {
  home = new GpgHome();
  verification = await Verification.open();
  const made = ["ed25519", "rsa2048", "nistp256", "ed25519"].map((algorithm) =>
    home.makeKey({ algorithm, created: new Date("2023-01-01T00:00:00Z") }),
  );
  // The last key is nobody's that is trusted.
  keys = await verification.trust(...made.slice(0, 3).map((key) => home.exportKey(key)));
  messages = made.flatMap((key) => [
    home.clearSign("Hold r4.3 core-admin x all\n", { key, at }),
    home.clearSign("Hold r4.3 a x all\nHold r4.3 b x all\n\n", { key, at, options: ["--comment", "hello"] }),
  ]);
  for (const message of messages) {
    const verdict = await verification.judge(message, keys, now);
    if ("verified" in verdict) signed.set(verdict.verified.ledgerKey, verdict.verified.lines);
  }
});
afterAll(() => {
  home.remove();
  verification.remove();
});

describe("a message that was changed on its way", () => {
  it(`is refused, or is what was signed: ${count} of them`, async () => {
    expect(signed.size).toBe(6);
    const codes = new Map<string, number>();
    const note = (code: string): void => void codes.set(code, (codes.get(code) ?? 0) + 1);
    await fc.assert(
      fc.asyncProperty(mutated(messages), async (bytes) => {
        const frame = parseFrame(bytes);
        if (!frame.ok) return note(frame.error.code);
        // The second verifier is made to agree with everything, so that each must hold by itself.
        const signer = keys.certificates.find(({ key }) =>
          key?.getKeyID().toHex().endsWith(Buffer.from(frame.value.signature.issuerKeyId).toString("hex")),
        )?.fingerprint;
        const agreeing = {
          judge: async () => ({ verdict: "good", signer: signer ?? keys.certificates[0]?.fingerprint }),
        };
        const terms = { keys, now, notBefore: new Date(0), secondOpinion: agreeing as never };
        const first = await verifyFrame(frame.value, terms);
        note(first.ok ? "accepted" : first.error.code);
        if (first.ok) expect(signed.get(first.value.ledgerKey)).toEqual(first.value.lines);
      }),
      { numRuns: count, seed: soakSeed("hostile messages") },
    );
    // Every layer has been reached.
    for (const code of ["FRAME_INVALID", "SIGNATURE_INVALID", "SIGNER_UNKNOWN", "accepted"]) {
      expect(codes.get(code) ?? 0, JSON.stringify(Object.fromEntries(codes))).toBeGreaterThan(0);
    }
  });
});

describe("bytes of any kind", () => {
  it("are refused without a fault", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
        expect(parseFrame(bytes)).toMatchObject({ ok: false, error: { code: "FRAME_INVALID" } });
      }),
      { numRuns: isFullSoak ? 20_000 : 500 },
    );
  });

  it("take no longer to refuse than their length is worth", () => {
    const hostile = [
      "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n",
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n-----BEGIN PGP SIGNATURE-----\n\n${"A".repeat(76)}\n`,
      " ",
      "=\n",
      "\n",
      "- ",
    ];
    for (const piece of hostile) {
      const bytes = Buffer.from(
        piece
          .repeat(Math.ceil(8192 / piece.length))
          .slice(0, 8191)
          .concat("\n"),
      );
      parseFrame(bytes);
      const took = cpuMilliseconds(() => {
        for (let run = 0; run < 20; run++) parseFrame(bytes);
      });
      expect(took / 20, JSON.stringify(piece)).toBeLessThan(20);
    }
  });
});
