import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verification } from "../support/verification.ts";
import { now, SigningDesk } from "./signing-desk.ts";

let desk: SigningDesk;
beforeAll(async () => {
  desk = await SigningDesk.open();
});
afterAll(() => desk.remove());

describe("two verifiers", () => {
  it("must agree: what the second does not take is refused as VERIFIERS_DISAGREE", async () => {
    const keys = await desk.verification.trust(desk.home.exportKey(desk.key));
    const judge = async (opinion: object): Promise<string> => {
      const doubting = Object.create(desk.verification) as Verification;
      Object.defineProperty(doubting, "secondOpinion", { value: { judge: async () => opinion } });
      return doubting.verdict(desk.message, keys, now);
    };
    expect(await judge({ verdict: "good", signer: desk.key })).toBe("accepted");
    expect(await judge({ verdict: "bad", reason: "no" })).toBe("VERIFIERS_DISAGREE");
    expect(await judge({ verdict: "good", signer: "A".repeat(40) })).toBe("VERIFIERS_DISAGREE");
  });

  it("cannot be replaced by one: a second that fails lets nothing through", async () => {
    const keys = await desk.verification.trust(desk.home.exportKey(desk.key));
    const failing = Object.create(desk.verification) as Verification;
    Object.defineProperty(failing, "secondOpinion", { value: { judge: () => Promise.reject(new Error("gone")) } });
    await expect(failing.verdict(desk.message, keys, now)).rejects.toThrow("gone");
  });

  it("are asked in that order: the second never sees what the first refuses", async () => {
    let asked = 0;
    const counting = Object.create(desk.verification) as Verification;
    Object.defineProperty(counting, "secondOpinion", {
      value: {
        judge: async () => {
          asked += 1;
          return { verdict: "bad", reason: "" };
        },
      },
    });
    const keys = await desk.verification.trust(desk.home.exportKey(desk.key));
    await counting.verdict(desk.message.replace("Hold", "Help"), keys, now);
    expect(asked).toBe(0);
  });
});
