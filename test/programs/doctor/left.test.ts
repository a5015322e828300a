import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { openAgentStore } from "../../../src/adapters/store/index.ts";
import { judgeLeft } from "../../../src/programs/cli/doctor/left.ts";
import type { DistributionPlan } from "../../../src/promotion/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("doctor, on what was changed and is not stated", () => {
  it("names the jobs that are over, and none whose turn comes again", async () => {
    const path = join(temporaryDirectory(), "agent.db");
    expect(judgeLeft(path)).toEqual([]);
    const store = openAgentStore(path, () => []);
    const request = JSON.stringify({ kind: "command", builder: "r4.3=/builder=builder.yml" });
    for (const [id, state] of ["running", "refused", "failed"].entries()) {
      store.database.run(
        "INSERT INTO jobs (id, queue, request, state, not_before, added_at) VALUES (?, '/builder', ?, ?, 0, 0)",
        id + 1,
        request,
        state,
      );
      for (const dist of ["host-fc41", "vm-bookworm"])
        await store.begunPlans.begin(id + 1, { dist } as DistributionPlan);
    }
    await store.begunPlans.stated(3, [{ dist: "host-fc41" }, { dist: "vm-bookworm" }] as DistributionPlan[]);
    expect(judgeLeft(path)).toEqual([
      {
        level: "problem",
        what: "job 2 of r4.3=/builder=builder.yml has begun to change host-fc41, vm-bookworm, and what came of it is not stated",
        remedy: expect.stringContaining("every five minutes"),
      },
    ]);
    await store.database.close();
  });

  it("finds nothing in the database of a version that noted nothing", () => {
    const path = join(temporaryDirectory(), "agent.db");
    new DatabaseSync(path).close();
    expect(judgeLeft(path)).toEqual([]);
  });
});
