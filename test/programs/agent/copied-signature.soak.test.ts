import { afterAll, describe, expect, it } from "vitest";
import { putTogether, takeApart } from "../../support/clear-signed.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { openIntakeDesk } from "../../support/intake-desk.ts";
import { seeded } from "../../support/seeded.ts";
import { isFullSoak, soakSeed } from "../../support/soak.ts";

const copies = isFullSoak ? 10_000 : 150;
const home = new GpgHome();
afterAll(() => home.remove());

describe("one signature in many copies", () => {
  it(`is carried out once, and gets one reaction a comment within the hour's budget (${copies} copies)`, async () => {
    const random = seeded(soakSeed("copied signature"));
    const signer = home.makeKey();
    const intake = await openIntakeDesk({
      home,
      trusted: [signer],
      maintainers: { [signer]: { components: "_all_", distributions: "_all_" } },
      now: () => new Date(),
    });
    const line = `Upload-component r4.3 core-admin ${"0".repeat(40)} current all`;
    const original = home.clearSign(line, { key: signer });
    const parts = takeApart(original);
    const verdicts = new Map<string, number>();
    for (let copy = 0; copy < copies; copy += 10) {
      // Ten at the same moment: the ledger is asked before any of them is written.
      const taken = await Promise.all(
        Array.from({ length: 10 }, (_none, index) => {
          // Another armor around the same packet, another comment, or none at all.
          const block = putTogether(parts, 4 * (1 + random.below(60)));
          const place = { issue: 1, comment: 1 + random.below(copies) };
          const where = [{ kind: "unknown" }, { kind: "claimed", place }, { kind: "proven", place }] as const;
          return intake.take(block, where[(copy + index) % 3] ?? { kind: "unknown" });
        }),
      );
      for (const verdict of taken) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    expect(Object.fromEntries(verdicts)).toEqual({ recorded: 1, replayed: copies - 1 });
    expect(intake.store.desk.show(10).length).toBe(1);
    const reports = await intake.reports();
    const eyes = reports.filter((report) => report.kind === "reaction" && report.reaction.content === "eyes");
    expect(eyes.length).toBeLessThanOrEqual(1);
    expect(reports.length - eyes.length).toBeLessThanOrEqual(30);
  });
});
