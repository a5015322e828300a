import { describe, expect, it, onTestFinished } from "vitest";
import type { Repositories } from "../../../src/adapters/repository/index.ts";
import { openAgentStore } from "../../../src/adapters/store/index.ts";
import {
  AdapterError,
  type CommitSha,
  type ComponentName,
  parseDistribution,
  parseQubeName,
  type Release,
  type StatusEvent,
} from "../../../src/domain/index.ts";
import { Uploads } from "../../../src/programs/agent/uploads.ts";
import { programLog } from "../../../src/programs/logging.ts";
import { SettableClock } from "../../fakes/settable-clock.ts";
import { builderPlace } from "../../support/builder-place.ts";

const start = new Date("2026-11-23T10:00:00Z");
const release = "r4.3" as Release;
const distribution = parseDistribution("vm-bookworm");
const place = { release, repository: "current", distribution } as const;

function uploaded(): StatusEvent {
  const environment = parseQubeName("build-a");
  if (environment === null || distribution === null) throw new Error("not parsed");
  const subject = {
    kind: "component",
    release,
    component: "core-admin" as ComponentName,
    commit: "0".repeat(40) as CommitSha,
    version: "v1",
  } as const;
  const facts = { id: "u-1", trace: null, subject, environment, at: start, distribution: distribution.name };
  return { ...facts, type: "uploaded", repository: "current", log: null, plan: null, history: null };
}

/** A tree whose mirror is up or down. */
function mirror(configured: "configured" | "not configured") {
  const uploadTo = configured === "configured" ? "repository-upload-remote-host: {deb: 'mirror:/pub'}\n" : "";
  const builder = builderPlace("/builder", `qubes-release: r4.3\ndistributions: [vm-bookworm]\n${uploadTo}`);
  let down = false;
  let pending: ReturnType<Repositories["pendingUploads"]> = [];
  const tries: string[] = [];
  const repositories = {
    upload: async (_place: unknown, { to }: { to: string }) => {
      tries.push(to);
      if (down) {
        pending = [{ ...place, to, tries: tries.length, error: "no route", retryAt: null }];
        throw new AdapterError("UNREACHABLE", "no route to the mirror");
      }
      pending = [];
    },
    pendingUploads: () => pending,
  } as unknown as Repositories;
  const clock = new SettableClock(start);
  const store = openAgentStore(":memory:", (report) => [
    { id: "one", channel: "github", lane: "one", payload: JSON.stringify(report) },
  ]);
  const log = programLog("test");
  log.level = "silent";
  const loaded = { ...builder, release, files: [] };
  const uploads = new Uploads({
    repositories: () => repositories,
    awaited: store.awaitedUploads,
    builders: async () => ({ loaded: [loaded], broken: [] }),
    clock,
    log,
  });
  const told = async (): Promise<number> => (await store.outbox.pending({ channel: "github", lane: "one" }, 9)).length;
  return { uploads, builder, tries, told, clock, turn: (state: "up" | "down") => (down = state === "down") };
}

describe("an upload to the mirror", () => {
  it("goes where the configuration says for the packages' type, and nowhere where it says nothing", async () => {
    const there = mirror("configured");
    await there.uploads.upload(there.builder, place, uploaded());
    expect(there.tries).toEqual(["mirror:/pub"]);
    const none = mirror("not configured");
    await none.uploads.upload(none.builder, place, uploaded());
    expect(none.tries).toEqual([]);
  });

  it("is tried again by itself, and told once when it is through", async () => {
    const { uploads, builder, tries, told, clock, turn } = mirror("configured");
    turn("down");
    await expect(uploads.upload(builder, place, uploaded())).rejects.toThrow("no route");
    const end = new AbortController();
    const watching = uploads.watch(end.signal);
    onTestFinished(async () => {
      end.abort();
      await watching;
    });
    await expect.poll(() => tries.length).toBe(2);
    expect(await told()).toBe(0);
    turn("up");
    await expect
      .poll(async () => {
        clock.advance(31_000);
        return told();
      })
      .toBe(1);
    const after = tries.length;
    clock.advance(31_000);
    expect(tries.length).toBe(after);
  });
});
