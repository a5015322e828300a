import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import type { ComponentName } from "../../src/domain/index.ts";
import { main } from "../../src/programs/cli/queue.ts";
import { type AgentPlace, makeAgentPlace } from "../support/agent-program.ts";
import { runCaptured } from "../support/captured-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let home: GpgHome;
let signer: string;
beforeAll(() => {
  home = new GpgHome();
  signer = home.makeKey();
});
afterAll(() => home.remove());

const now = new Date();

/** A place whose agent is not running, with three jobs: one for each of two components, and one behind. */
async function place(): Promise<AgentPlace> {
  const at = makeAgentPlace(temporaryDirectory(), home, signer, 1);
  const store = openAgentStore(at.database, () => []);
  const push = (queue: string, component: string) => ({
    queue,
    trace: null,
    answers: "nobody" as const,
    request: { kind: "push" as const, builder: `r4.3=${queue}`, component: component as ComponentName },
  });
  await store.jobs.add([push("/a", "core-admin"), push("/a", "core-agent"), push("/b", "core-admin")], now);
  await store.database.close();
  return at;
}

const queue = (at: AgentPlace, ...words: string[]) =>
  runCaptured(main, [...words, "--config", join(at.directory, "config.yml")]);

describe("release-bot queue", () => {
  it("shows what waits in each queue, and why", async () => {
    const { status, stdout } = await queue(await place());
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        "/a",
        "      1  queued     push of core-admin  is next",
        "      2  queued     push of core-agent  waits behind 1",
        "/b",
        "      3  queued     push of core-admin  is next",
        "",
      ].join("\n"),
    );
  });

  it("pauses one builder or all, with a reason, and resumes", async () => {
    const at = await place();
    await queue(at, "pause", "/a", "--reason", "disk full");
    const paused = await queue(at);
    expect(paused.stdout).toMatch(/^\/a \(paused since .* UTC: disk full\)$/m);
    expect(paused.stdout).toContain("waits: paused");
    await queue(at, "resume");
    await queue(at, "pause");
    expect((await queue(at)).stdout).toMatch(/^all builders \(paused since/m);
    await queue(at, "resume");
    expect((await queue(at)).stdout).not.toContain("paused");
  });

  it("cancels a waiting job and queues an ended one again", async () => {
    const at = await place();
    expect(await queue(at, "cancel", "2")).toMatchObject({ status: 0, stdout: "cancelled\n" });
    expect((await queue(at, "cancel", "2")).status).toBe(1);
    expect((await queue(at, "cancel", "99")).status).toBe(1);
    expect((await queue(at, "retry", "1")).status).toBe(1);
    expect(await queue(at, "retry", "2")).toMatchObject({ status: 0, stdout: "queued again\n" });
    const { stdout } = await queue(at, "--json");
    const shown = JSON.parse(stdout) as { jobs: { id: number; state: string; why: string }[] };
    expect(shown.jobs.map(({ id, state }) => [id, state])).toEqual([
      [1, "queued"],
      [4, "queued"],
      [3, "queued"],
      [2, "cancelled"],
    ]);
  });

  it("takes no other words", async () => {
    const at = await place();
    for (const words of [["cancel"], ["cancel", "--help-me"], ["cancel", "x"], ["sing"], ["show", "more"]]) {
      expect((await queue(at, ...words)).status, words.join(" ")).toBe(2);
    }
  });
});
