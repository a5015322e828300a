import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CrashScene, type Deed, forget, scenes } from "../../support/crash-scene.ts";
import { type Aim, runKilled } from "../../support/killed-run.ts";
import { seeded } from "../../support/seeded.ts";
import { isFullSoak, soakSeed } from "../../support/soak.ts";

const times = isFullSoak ? 1000 : 10;
const lanes = 3;
const seed = soakSeed("killed");
const scene = new CrashScene();
const deeds: readonly Deed[] = ["publish", "promote", "withdraw"];
const tasks = scenes.flatMap((kind) => deeds.map((deed) => ({ kind, deed })));
type Task = (typeof tasks)[number];

beforeAll(async () => {
  for (const kind of scenes) await scene.prepare(kind);
});

afterAll(() => scene.remove());

const run = (root: string, { kind, deed }: Task, aim: Aim | null): Promise<boolean> =>
  runKilled(root, scene.words(kind, deed, root), { GNUPGHOME: scene.gpg.directory }, aim);

/** What a deed takes from and leads to, and how long its process lasts, where nobody kills it. */
interface Whole {
  readonly before: string;
  readonly after: string;
  /** As it was measured last: others may be at work on this machine. */
  lasts: number;
}

async function measure(task: Task): Promise<Whole> {
  const root = scene.copy(task.kind);
  const before = await scene.standing(task.kind, task.deed, scene.open(root), root);
  const from = performance.now();
  expect(await run(root, task, null)).toBe(false);
  const lasts = performance.now() - from;
  const after = await scene.standing(task.kind, task.deed, scene.open(root), root);
  expect(after).not.toBe(before);
  forget(root);
  return { before, after, lasts };
}

/** At any time of the process's life, from where it begins to change something, while it commits, and reprepro at its work. */
function aimAt(random: ReturnType<typeof seeded>, { kind }: Task, { lasts }: Whole): Aim {
  const victims = random.below(2) === 0 ? "program" : "all";
  const aims = ["start", "staging", "committing", kind === "reprepro" ? "reprepro" : "start"] as const;
  const from = aims[random.below(aims.length)] ?? "start";
  switch (from) {
    case "start":
      // The first half of such a process is its start; the tree changes towards the end.
      return { from, victims, afterMs: lasts * (0.3 + 0.65 * random.next()) };
    case "staging":
      return { from, victims, afterMs: lasts * 0.3 * random.next() };
    case "committing":
      return { from, victims, afterMs: 20 * random.next() ** 2 };
    case "reprepro":
      return { from, victims, afterMs: lasts * 0.6 * random.next() };
  }
}

describe(`killed with -9, ${times} times (seed ${seed})`, () => {
  it("leaves nothing half: the next start finds all of it or none of it, and can do it again", async () => {
    const random = seeded(seed);
    const wholes = new Map<Task, Whole>();
    const aims = new Map<Aim["from"], { readonly cut: number; readonly missed: number }>();
    const found = { "as it was": 0, undone: 0, finished: 0, "put back in reprepro's database": 0, "done again": 0 };
    let cut = 0;
    let next = random.below(tasks.length);
    const lane = async (): Promise<void> => {
      while (cut < times) {
        const task = tasks[next++ % tasks.length];
        if (task === undefined) throw new Error("there are no tasks");
        const whole = wholes.get(task) ?? (await measure(task));
        wholes.set(task, whole);
        const aim = aimAt(random, task, whole);
        const where = `${task.kind} ${task.deed}, ${JSON.stringify(aim)}`;
        const root = scene.copy(task.kind);
        const from = performance.now();
        const isCut = await run(root, task, aim);
        if (!isCut) whole.lasts = performance.now() - from;
        const missed = aims.get(aim.from) ?? { cut: 0, missed: 0 };
        aims.set(aim.from, { cut: missed.cut + (isCut ? 1 : 0), missed: missed.missed + (isCut ? 0 : 1) });
        const repositories = scene.open(root);
        const said = await repositories.recover();
        if (isCut) {
          cut += 1;
          if (cut % 100 === 0) process.stdout.write(`killed ${cut} times\n`);
          if (said.length === 0) found["as it was"] += 1;
          if (said.some((line) => line.endsWith("undone"))) found.undone += 1;
          if (said.some((line) => line.endsWith("finished"))) found.finished += 1;
          if (said.some((line) => line.includes("reprepro"))) found["put back in reprepro's database"] += 1;
        }
        expect(await repositories.check(), where).toEqual([]);
        const now = await scene.standing(task.kind, task.deed, repositories, root);
        expect([whole.before, whole.after], `${where}: ${said.join()}`).toContain(now);
        // What was found sound is known to be usable from every fourth.
        if (now === whole.before && random.below(4) === 0) {
          found["done again"] += 1;
          await scene.run(task.kind, task.deed, repositories);
          expect(await scene.standing(task.kind, task.deed, repositories, root), `${where}, again`).toBe(whole.after);
          expect(await repositories.check(), `${where}, again`).toEqual([]);
        }
        forget(root);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    process.stdout.write(`killed ${cut} times; the next start found: ${JSON.stringify(found)}\n`);
    process.stdout.write(`aimed from: ${JSON.stringify(Object.fromEntries(aims))}\n`);
    expect(cut).toBeGreaterThanOrEqual(times);
  });
});
