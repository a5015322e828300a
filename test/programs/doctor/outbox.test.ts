import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAgentStore } from "../../../src/adapters/store/index.ts";
import { judgeOutbox } from "../../../src/programs/cli/doctor/outbox.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const now = new Date("2026-11-23T12:00:00Z");

describe("doctor, on what must reach others", () => {
  it("names what was set aside and what is tried again and again, with the reason", async () => {
    const path = join(temporaryDirectory(), "agent.db");
    expect(judgeOutbox(path, now)).toEqual([]);
    const store = openAgentStore(path, () => []);
    expect(judgeOutbox(path, now)).toMatchObject([{ level: "ok" }]);
    const lane = (name: string) => ({ channel: "github", lane: name });
    for (const name of ["locked", "denied"]) await store.outbox.add([{ ...lane(name), id: name, payload: "{}" }], now);
    const [locked] = await store.outbox.pending(lane("locked"), 1);
    const [denied] = await store.outbox.pending(lane("denied"), 1);
    if (locked === undefined || denied === undefined) throw new Error("nothing is pending");
    await store.outbox.settle(
      lane("locked"),
      [locked],
      { kind: "undeliverable", reason: "issue is \u001b[31mlocked" },
      now,
    );
    for (let tries = 0; tries < 3; tries++) {
      const outcome = { kind: "retry", afterMs: 1, ambiguous: false, reason: "Bad credentials" } as const;
      await store.outbox.settle(lane("denied"), [denied], outcome, now);
    }
    expect(judgeOutbox(path, now)).toMatchObject([
      { level: "warning", what: "github: 1 for 'locked' could not be delivered: issue is ?[31mlocked" },
      { level: "problem", what: "github: 'denied' waits, tried 3 times: Bad credentials" },
    ]);
    await store.database.close();
  });
});
