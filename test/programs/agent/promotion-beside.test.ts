import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentStore, openAgentStore } from "../../../src/adapters/store/index.ts";
import type { Subject } from "../../../src/domain/index.ts";
import { applierOf } from "../../../src/programs/agent/promotion-beside.ts";
import type { PromotionTask } from "../../../src/programs/agent/promotion-runner.ts";
import type { DistributionPlan, Move } from "../../../src/promotion/index.ts";
import { FakeLog } from "../../fakes/build-log.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const move = (file: string, digit = "1"): Move => ({ file, sha256: digit.repeat(64) }) as Move;
const wanted = {
  kind: "upload-component",
  release: "r4.3",
  component: "hello",
  commit: "a".repeat(40),
  repository: "current",
} as const;
const plan = {
  action: "promote",
  dist: "host-fc41",
  release: "r4.3",
  subject: { kind: "component", component: "hello", commit: wanted.commit },
  to: "current",
  moves: [move("hello.rpm"), move("hello-doc.rpm")],
  digest: "f".repeat(64),
} as unknown as DistributionPlan;
const subject = { ...wanted, kind: "component", version: "v1.0" } as unknown as Subject;

let store: AgentStore;
beforeEach(() => {
  store = openAgentStore(join(temporaryDirectory(), "agent.db"), () => []);
});
afterEach(() => store.database.close());

/** The back-end publishes: the target lists `after` from then on. */
async function promote(before: readonly Move[], after: readonly Move[], job = 1) {
  const log = new FakeLog("log");
  let there = before;
  const task = {
    job: { id: job, trace: "0123456789ab", request: { kind: "command", command: wanted, signedAt: 0, message: null } },
    heard: { builder: { configuration: { promotion: "backend" } } },
    wanted,
    byHand: null,
  } as unknown as PromotionTask;
  const apply = applierOf(
    {
      repositories: () => ({
        listed: () => there,
        apply: () => Promise.reject(new Error("with promotion: backend our engine moves nothing")),
      }),
      signer: () => ({ sign: () => Promise.reject(new Error("nothing is signed here")) }),
      rehearsals: store.rehearsals,
      publishByBackend: async () => {
        there = after;
      },
      now: () => new Date(),
    },
    task,
    subject,
  );
  const outcome = await apply(plan, log).then(
    ({ moves }) => moves.map(({ file }) => file).join(" "),
    (error: Error) => error.message,
  );
  return { outcome, log: log.text };
}

describe("the native engine beside a back-end that promotes", () => {
  it("finds what it had planned in the target, and says nothing", async () => {
    const { outcome, log } = await promote([move("older.rpm")], [move("older.rpm"), ...plan.moves]);
    expect(outcome).toBe("hello.rpm hello-doc.rpm");
    expect(log).not.toContain("difference");
    expect(store.rehearsals.since(new Date(0))).toMatchObject([
      { mode: "beside", name: "hello", title: "hello v1.0 (r4.3)", places: [{ verdict: "would", moved: plan.moves }] },
    ]);
  });

  it("lists a file that nobody planned, and bytes that nobody tested, and lets the promotion stand", async () => {
    const { outcome, log } = await promote([], [move("hello.rpm", "2"), move("hello-doc.rpm"), move("more.rpm")]);
    expect(outcome).toBe("hello.rpm hello-doc.rpm");
    expect(log).toContain(
      "difference: hello.rpm in current is sha256:222222222222, and sha256:111111111111 was tested",
    );
    expect(log).toContain("difference: more.rpm has come to current and was not planned");
  });

  it("does not believe an exit status: what is not there was not published", async () => {
    const { outcome } = await promote([], [move("hello.rpm")]);
    expect(outcome).toBe("hello-doc.rpm was to move to current and is not there");
  });

  it("is the same after a crash between the publication and its end", async () => {
    const { outcome, log } = await promote(plan.moves, plan.moves);
    expect(outcome).toBe("hello.rpm hello-doc.rpm");
    expect(log).not.toContain("difference");
  });
});
