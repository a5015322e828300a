import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CrashScene, type Deed, forget, type Kind, kinds } from "../../support/crash-scene.ts";
import { seeded } from "../../support/seeded.ts";

vi.setConfig({ testTimeout: 4 * 3_600_000 });

const full = process.env["RELEASE_BOT_SOAK"] === "full";
const times = full ? 1000 : 6;
const seed = Number(process.env["RELEASE_BOT_SEED"] ?? Date.now() % 1_000_000);
const scene = new CrashScene();
const all = Object.keys(kinds) as Kind[];
const deeds: readonly Deed[] = ["publish", "promote", "withdraw"];
const program = join(import.meta.dirname, "../../../src/programs/release-bot.ts");

beforeAll(async () => {
  for (const kind of all) await scene.prepare(kind);
});

afterAll(() => scene.remove());

/** Runs the deed as a process; kills it after `afterMs`, measured from its first sign of work in the tree. Answers whether it was killed. */
function killed(root: string, kind: Kind, deed: Deed, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [program, "repo", ...scene.words(kind, deed, root)], {
    env: { ...process.env, GNUPGHOME: scene.gpg.directory },
    stdio: "ignore",
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
  return new Promise((resolve) => {
    child.once("exit", (_, signal) => {
      clearTimeout(timer);
      resolve(signal === "SIGKILL");
    });
  });
}

describe(`killed with -9, ${times} times (seed ${seed})`, () => {
  it("leaves nothing half: the next start finds all of it or none of it, and can do it again", async () => {
    const random = seeded(seed);
    const lasts = new Map<string, number>();
    let cut = 0;
    for (let time = 0; time < times; time++) {
      const kind = all[time % all.length] ?? "rpm";
      const deed = deeds[Math.floor(time / all.length) % deeds.length] ?? "promote";
      const name = `${kind} ${deed}`;
      if (!lasts.has(name)) {
        const root = scene.copy(kind);
        const from = performance.now();
        await killed(root, kind, deed, 60_000);
        lasts.set(name, performance.now() - from);
        forget(root);
      }
      const root = scene.copy(kind);
      const before = await scene.standing(kind, deed, scene.open(root));
      const whole = lasts.get(name) ?? 1000;
      // The first half of such a process is its start; the tree changes towards the end.
      if (await killed(root, kind, deed, whole * (0.4 + 0.65 * random.next()))) cut += 1;
      const again = scene.open(root);
      await again.recover();
      expect(await again.check(), `${name}, time ${time}`).toEqual([]);
      const now = await scene.standing(kind, deed, again);
      if (now === before) await scene.run(kind, deed, again);
      expect(await scene.standing(kind, deed, again), `${name}, time ${time}`).not.toBe(before);
      expect(await again.check(), `${name} again, time ${time}`).toEqual([]);
      forget(root);
    }
    expect(cut).toBeGreaterThan(0);
  });
});

describe("two promoters at once", () => {
  it("on one repository: both get through, one after the other, and nothing is lost", async () => {
    const root = scene.copy("rpm");
    const other = scene.maker.rpm({ name: "omega", version: "1.0-1" }, scene.key);
    await scene.publishOther(root, other);
    const outcomes = await Promise.all([killed(root, "rpm", "promote", 60_000), scene.promoteOther(root)]);
    expect(outcomes).toEqual([false, "done"]);
    const repositories = scene.open(root);
    expect(await repositories.check()).toEqual([]);
    const standing = await repositories.standing({ release: null, component: null, distribution: null });
    const current = standing.filter((one) => one.repository === "current").map((one) => `${one.name} ${one.version}`);
    expect(current.sort()).toEqual(["alpha 1.0-1", "alpha 2.0-1", "omega 1.0-1"]);
    forget(root);
  });

  it("on different repositories: a slow signature at one holds up nothing at the other", async () => {
    const root = scene.copy("rpm");
    const repositories = scene.open(root);
    const signed: string[] = [];
    let go = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    const publishing = scene.run("rpm", "publish", repositories, {
      sign: async (request) => {
        await slow;
        signed.push("testing");
        return scene.signer().sign(request);
      },
    });
    const beside = scene.open(root);
    expect(await beside.recover()).toEqual([]);
    await scene.run("rpm", "withdraw", beside);
    signed.push("current");
    go();
    await publishing;
    expect(signed).toEqual(["current", "testing"]);
    expect(await repositories.check()).toEqual([]);
    forget(root);
  });
});
