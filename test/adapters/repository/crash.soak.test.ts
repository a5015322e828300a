import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdapterError } from "../../../src/domain/index.ts";
import type { Signer } from "../../../src/promotion/index.ts";
import { FailingDisk } from "../../fakes/failing-disk.ts";
import { ForgetfulDisk, PowerLoss } from "../../fakes/forgetful-disk.ts";
import { CrashScene, type Deed, filesBelow, forget, scenes } from "../../support/crash-scene.ts";
import { seeded } from "../../support/seeded.ts";
import { isFullSoak, soakSeed } from "../../support/soak.ts";

const seed = soakSeed("cut off");
const scene = new CrashScene();
const deeds: readonly Deed[] = ["publish", "promote", "withdraw"];
const all = scenes.flatMap((kind) => deeds.map((deed) => [kind, deed] as const));
/** Templates share the rpm engine, and reprepro is slow: short runs try one deed of each. */
const pairs = all.filter(
  ([kind, deed]) => isFullSoak || deed === "promote" || !(kind === "template" || kind === "reprepro"),
);

beforeAll(async () => {
  for (const kind of scenes) await scene.prepare(kind);
});

afterAll(() => scene.remove());

/** All steps in full; else a few, chosen by the seed. */
function chosen(steps: number, count: number): number[] {
  const numbers = Array.from({ length: steps }, (_, index) => index);
  if (isFullSoak) return numbers;
  const random = seeded(seed);
  return [...new Set(Array.from({ length: count }, () => random.below(steps)))];
}

async function outcome(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return error;
  }
}

describe.each(pairs)(`%s: %s, cut off (seed ${seed})`, (kind, deed) => {
  it("stands as before or as after once a disk that lost its power has started again", async () => {
    const counting = scene.copy(kind);
    const counter = new ForgetfulDisk(counting, Number.POSITIVE_INFINITY);
    const before = await scene.standing(kind, deed, scene.open(counting), counting);
    await scene.run(kind, deed, scene.open(counting, counter));
    const after = await scene.standing(kind, deed, scene.open(counting), counting);
    forget(counting);
    expect(after).not.toBe(before);
    const random = seeded(seed);
    for (const step of chosen(counter.steps, 2)) {
      const root = scene.copy(kind);
      const disk = new ForgetfulDisk(root, step);
      const ended = await outcome(scene.run(kind, deed, scene.open(root, disk)));
      if (ended !== null) expect(ended, `step ${step}`).toBeInstanceOf(PowerLoss);
      disk.restart(() => random.next() < 0.5);
      const again = scene.open(root);
      await again.recover();
      expect(await again.check(), `step ${step} of ${counter.steps}`).toEqual([]);
      expect([before, after], `step ${step}`).toContain(await scene.standing(kind, deed, again, root));
      forget(root);
    }
  });

  it.each(["full", "read-only"] as const)(
    "stands as it was, or is finished by the next start, with the disk %s from any step on",
    async (fault) => {
      const counting = scene.copy(kind);
      const counter = new FailingDisk(fault, Number.POSITIVE_INFINITY);
      const before = await scene.standing(kind, deed, scene.open(counting), counting);
      await scene.run(kind, deed, scene.open(counting, counter));
      const after = await scene.standing(kind, deed, scene.open(counting), counting);
      forget(counting);
      for (const step of chosen(counter.steps, 1)) {
        const root = scene.copy(kind);
        const ended = await outcome(scene.run(kind, deed, scene.open(root, new FailingDisk(fault, step))));
        if (ended !== null) expect(ended, `step ${step}`).toBeInstanceOf(AdapterError);
        const again = scene.open(root);
        await again.recover();
        expect(await again.check(), `step ${step} of ${counter.steps}`).toEqual([]);
        expect([before, after], `step ${step}`).toContain(await scene.standing(kind, deed, again, root));
        forget(root);
      }
    },
  );

  it("leaves every file as it was where the signer fails", async () => {
    const root = scene.copy(kind);
    const before = filesBelow(root);
    const signer: Signer = {
      sign: async () => {
        throw new AdapterError("SIGNER_FAILED", "the keys qube is shut down");
      },
    };
    const ended = await outcome(scene.run(kind, deed, scene.open(root), signer));
    expect(ended).toMatchObject({ code: "SIGNER_FAILED" });
    expect(filesBelow(root)).toEqual(before);
    forget(root);
  });

  it("does not let a signature out that does not verify", async () => {
    const root = scene.copy(kind);
    const before = filesBelow(root);
    const signer: Signer = {
      sign: (request) => scene.signer().sign({ ...request, bytes: Buffer.concat([request.bytes, Buffer.from("x")]) }),
    };
    const ended = await outcome(scene.run(kind, deed, scene.open(root), signer));
    // A clear-signed text over other words is well signed: the detached signature beside it is what shows it here.
    expect(ended).toMatchObject({ code: "SIGNER_FAILED" });
    expect(filesBelow(root)).toEqual(before);
    forget(root);
  });
});
