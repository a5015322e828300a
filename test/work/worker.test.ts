import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AgentStore, openAgentStore } from "../../src/adapters/store/index.ts";
import { AdapterError, type ComponentName } from "../../src/domain/index.ts";
import { type Job, type JobContext, type JobOutcome, WakeUp, work } from "../../src/work/index.ts";
import { SettableClock } from "../fakes/settable-clock.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const start = new Date("2026-11-23T10:00:00Z");
const done = (summary: string): JobOutcome => ({ kind: "done", summary, reports: [] });
const push = (queue: string, component: string) => ({
  queue,
  trace: null,
  answers: "nobody" as const,
  request: { kind: "push" as const, builder: `r4.3=${queue}`, component: component as ComponentName },
});

type Run = (job: Job, context: JobContext) => Promise<JobOutcome>;

/** A worker over a real store, with a runner of the test's own. */
function workshop(run: Run, file = join(temporaryDirectory(), "a.db")) {
  const clock = new SettableClock(start);
  const store: AgentStore = openAgentStore(file, () => []);
  const wakeUp = new WakeUp(clock);
  store.database.onCommit(() => wakeUp.wake());
  const end = new AbortController();
  const troubles: string[] = [];
  const onTrouble = (where: string): void => void troubles.push(where);
  const running = work({ store: store.jobs, runner: { run }, clock, wakeUp, onJob: () => {}, onTrouble }, end.signal);
  const stop = async (): Promise<void> => {
    end.abort();
    await running;
  };
  onTestFinished(stop);
  const states = (): Record<number, string> =>
    Object.fromEntries(store.desk.show(100).map(({ id, state }) => [id, state]));
  const settled = (id: number, state: string): Promise<void> =>
    expect.poll(() => states()[id], { interval: 5 }).toBe(state) as unknown as Promise<void>;
  return { store, clock, stop, states, settled, troubles, file };
}

/** A door that a job waits behind. */
function door(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("the worker", () => {
  it("runs one job at a time for a builder, and builders side by side", async () => {
    const gate = door();
    let running = 0;
    const most: Record<string, number> = {};
    const now: Record<string, number> = {};
    let sideBySide = 0;
    const { store, settled } = workshop(async (job) => {
      now[job.queue] = (now[job.queue] ?? 0) + 1;
      most[job.queue] = Math.max(most[job.queue] ?? 0, now[job.queue] ?? 0);
      sideBySide = Math.max(sideBySide, ++running);
      await gate.opened;
      running -= 1;
      now[job.queue] = (now[job.queue] ?? 0) - 1;
      return done("built");
    });
    await store.jobs.add([push("/a", "x"), push("/a", "y"), push("/b", "x")], start);
    await expect.poll(() => sideBySide).toBe(2);
    gate.open();
    await settled(2, "done");
    await settled(3, "done");
    expect(most).toEqual({ "/a": 1, "/b": 1 });
  });

  it("folds pushes of one component while one waits, and starts another while one runs", async () => {
    const gate = door();
    let runs = 0;
    const { store, settled } = workshop(async () => {
      runs += 1;
      await gate.opened;
      return done("built");
    });
    await store.jobs.add([push("/a", "x")], start);
    await expect.poll(() => runs).toBe(1);
    expect(await store.jobs.add([push("/a", "x"), push("/a", "x"), push("/a", "x")], start)).toBe(1);
    gate.open();
    await settled(2, "done");
    expect(runs).toBe(2);
  });

  it("lets a postponed job wait without its queue", async () => {
    const order: string[] = [];
    let first = true;
    const { store, settled, clock } = workshop(async ({ request }) => {
      const name = request.kind === "push" ? request.component : "";
      if (name === "x" && first) {
        first = false;
        return { kind: "postponed", untilMs: start.getTime() + 60_000, reason: "GitHub cannot be asked" };
      }
      order.push(name);
      return done("built");
    });
    await store.jobs.add([push("/a", "x"), push("/a", "y")], start);
    await settled(2, "done");
    expect(store.desk.show(1)[0]).toMatchObject({
      id: 1,
      state: "queued",
      note: "GitHub cannot be asked",
      attempts: 0,
    });
    clock.advance(61_000);
    await settled(1, "done");
    expect(order).toEqual(["y", "x"]);
  });

  it("fails a job with the words of a fault of the world, and with none of a bug's", async () => {
    const { store, settled, troubles } = workshop(async ({ id }) => {
      if (id === 1) throw new AdapterError("TIMEOUT", "the log service did not answer");
      throw new TypeError("undefined is not a function");
    });
    await store.jobs.add([push("/a", "x"), push("/a", "y")], start);
    await settled(2, "failed");
    const notes = store.desk.show(2).map(({ note }) => note);
    expect(notes).toEqual(["the log service did not answer", "an internal error; the agent's log has it"]);
    expect(troubles).toEqual(["job 2"]);
  });

  it("ends a job that is cancelled, running or not", async () => {
    const { store, settled } = workshop(
      (_job, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ kind: "failed", reason: "ended", reports: [] }));
        }),
    );
    await store.jobs.add([push("/a", "x"), push("/a", "y")], start);
    await settled(1, "running");
    expect(await store.desk.cancel(2, start)).toBe("cancelled");
    expect(await store.desk.cancel(1, start)).toBe("asked");
    await settled(1, "cancelled");
    expect(await store.desk.cancel(1, start)).toBe("ended");
    expect(await store.desk.cancel(99, start)).toBe("unknown");
  });

  it("begins nothing in a paused queue, over restarts too, and goes on when it is resumed", async () => {
    const first = workshop(async () => done("built"));
    await first.store.desk.pause(["/a"], "disk is being replaced", start);
    await first.store.jobs.add([push("/a", "x"), push("/b", "x")], start);
    await first.settled(2, "done");
    await first.stop();
    await first.store.database.close();
    const second = workshop(async () => done("built"), first.file);
    await second.store.jobs.add([push("/b", "y")], start);
    await second.settled(3, "done");
    expect(second.states()[1]).toBe("queued");
    await second.store.desk.resume(["/a"]);
    await second.settled(1, "done");
  });

  it("puts a job that a stop interrupts back, without counting the run", async () => {
    const first = workshop(
      (_job, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ kind: "failed", reason: "ended", reports: [] }));
        }),
    );
    await first.store.jobs.add([push("/a", "x")], start);
    await first.settled(1, "running");
    await first.stop();
    expect(first.store.desk.show(1)[0]).toMatchObject({ state: "queued", attempts: 0 });
  });

  it("takes up again what a crash interrupted, and gives up on what brings the program down each time", async () => {
    const file = join(temporaryDirectory(), "a.db");
    const crashed = openAgentStore(file, () => []);
    await crashed.jobs.add([push("/a", "x"), push("/b", "y")], start);
    await crashed.jobs.claim("/a", start);
    for (let crash = 0; crash < 30; crash++) {
      await crashed.jobs.claim("/b", start);
      if (crash < 29) await crashed.jobs.recover(start);
    }
    await crashed.database.close();
    const attempts: number[] = [];
    const { settled } = workshop(async (_job, { attempt }) => {
      attempts.push(attempt);
      return done("built");
    }, file);
    await settled(1, "done");
    await settled(2, "failed");
    expect(attempts).toEqual([2]);
  });

  it("keeps a job's outcome until the disk has room for it", async () => {
    const { store, settled, clock, troubles } = workshop(async () => done("built"));
    const finish = store.jobs.finish.bind(store.jobs);
    let full = 2;
    store.jobs.finish = (...words) =>
      full-- > 0 ? Promise.reject(new AdapterError("DISK_FULL", "no space left")) : finish(...words);
    await store.jobs.add([push("/a", "x")], start);
    await expect
      .poll(() => {
        clock.advance(1100);
        return store.desk.show(1)[0]?.state;
      })
      .toBe("done");
    await settled(1, "done");
    expect(troubles.length).toBe(2);
  });

  it("runs again by hand what has ended", async () => {
    const { store, settled } = workshop(async () => done("built"));
    await store.jobs.add([push("/a", "x")], start);
    await settled(1, "done");
    expect(await store.desk.retry(1, start)).toBe("queued");
    await settled(2, "done");
    expect(await store.desk.retry(7, start)).toBe("unknown");
  });
});
