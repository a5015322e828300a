import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gate } from "../support/gate.ts";
import { isFullSoak } from "../support/soak.ts";

const pieces = isFullSoak ? 160_000 : 2_000;
const piece = Buffer.alloc(65_536, "an installation image");
const length = pieces * piece.length;

let gate: Gate;
beforeAll(async () => {
  gate = new Gate();
  await gate.start({ wait: "20" });
});
afterAll(() => gate.remove());

function* image(): Generator<Buffer> {
  for (let n = 0; n < pieces; n++) yield piece;
}

describe("an image of 10 GB (in short, of 130 MB)", () => {
  it("is signed as it streams through, without being kept in memory or on the disk", async () => {
    const hash = createHash("sha256");
    for (const bytes of image()) hash.update(bytes);
    const head = {
      log: "build-fedora/iso/log_2026-11-23_15-02-34",
      length: 1,
      sha256: "0".repeat(64),
      commit: "1".repeat(40),
    };
    const sign = { sign: "detach", key: gate.key, sha256: hash.digest("hex"), length, name: "image.iso" };
    await gate.received(`${JSON.stringify(head)}\n${JSON.stringify(sign)}\n`);
    const answer = await gate.ask(["-b", "-u", gate.key], image());
    expect([answer.status, answer.stdout.length > 50]).toEqual([0, true]);
    expect(gate.peakMemory()).toBeLessThan(250);
  });
});
