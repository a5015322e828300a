import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oldestAcceptable } from "../../src/signed/index.ts";
import { born, day, minute, now, plus, SigningDesk, signedAt } from "./signing-desk.ts";

let desk: SigningDesk;
beforeAll(async () => {
  desk = await SigningDesk.open();
});
afterAll(() => desk.remove());

describe("a signature's time", () => {
  it("may be five minutes ahead of ours, and no more", async () => {
    expect(await desk.verdictOf(desk.message, desk.key, plus(signedAt, -5 * minute))).toBe("accepted");
    expect(await desk.verdictOf(desk.message, desk.key, plus(signedAt, -5 * minute - 1000))).toBe(
      "SIGNATURE_IN_FUTURE",
    );
  });

  it("may be as old as the terms say, and no older", async () => {
    const keys = await desk.verification.trust(desk.home.exportKey(desk.key));
    const at = (notBefore: Date): Promise<string> => desk.verification.verdict(desk.message, keys, now, notBefore);
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
    const signed = desk.sign({ key: desk.key, at: today, options: ["--default-sig-expire", "1d"] });
    expect(await desk.verdictOf(signed, desk.key, today)).toBe("accepted");
    expect(await desk.verdictOf(signed, desk.key, plus(today, day))).toBe("SIGNATURE_TOO_OLD");
  });

  it("is not before its key was made", async () => {
    const made = desk.home.makeKey({ algorithm: "rsa2048", created: signedAt });
    const early = desk.sign({ key: made, at: plus(signedAt, -day), options: ["--ignore-time-conflict"] });
    expect(await desk.verdictOf(early, made)).toBe("SIGNATURE_INVALID");
  });
});
