import { describe, expect, it } from "vitest";
import { type BuildOutcome, type BuildRequest, runBuild, type SourceFacts } from "../../src/build/index.ts";
import { AdapterError, type DistributionName, type QubeName } from "../../src/domain/index.ts";
import { commitOf, FakeWorld, maintainer } from "../fakes/build-ports.ts";
import { builderPlace, componentOf } from "../support/builder-place.ts";

const text = (options: string): string => `
qubes-release: r4.3
git: { maintainers: ['${maintainer}'] }
distributions: [host-fc41, vm-fc41, vm-bookworm]
repository-publish: { components: current-testing }
components:
- hello: { ${options} }
`;

function request(options = "timeout: 60", change: Partial<BuildRequest> = {}): BuildRequest {
  const builder = builderPlace("/builder", text(options));
  return {
    job: "7",
    trace: null,
    askedBy: { kind: "push" },
    environment: "build-fedora" as QubeName,
    builder,
    component: componentOf(builder, "hello"),
    commit: null,
    distributions: null,
    signal: new AbortController().signal,
    ...change,
  };
}

const run = (world: FakeWorld, asked = request()): Promise<BuildOutcome> => runBuild(asked, world.ports());
const states = (outcome: BuildOutcome): string[] =>
  outcome.record.distributions.map(({ distribution, state, reason }) => `${distribution} ${state} ${reason}`.trim());
const unsigned = (world: FakeWorld, tags: SourceFacts["tags"] = []): void => {
  world.source.facts_ = (commit) => ({ commit, tags, commitSignature: { kind: "none" } });
};

describe("a push", () => {
  it("builds for each distribution in its order, and tells what becomes of each", async () => {
    const world = new FakeWorld();
    const outcome = await run(world);
    expect(outcome.kind).toBe("done");
    expect(world.told).toEqual([
      "announced",
      ...["host-fc41", "vm-fc41", "vm-bookworm"].flatMap((name) => [
        `building ${name}`,
        `built ${name}`,
        `uploaded ${name}`,
      ]),
    ]);
    expect(world.ran.slice(0, 5)).toEqual(
      ["prep", "build", "sign", "publish", "upload"].map((stage) => `host-fc41 ${stage}`),
    );
    expect(world.pinned).toEqual([commitOf(5)]);
  });

  it("keeps the results of host and vm packages of one distribution apart", async () => {
    const world = new FakeWorld();
    world.script = async (stage, task) => {
      if (stage === "build" && task.distribution.name === ("host-fc41" as DistributionName)) {
        throw new AdapterError("EXIT_STATUS", "rpmbuild ended with status 1");
      }
    };
    expect(states(await run(world))).toEqual([
      "host-fc41 failed build: rpmbuild ended with status 1",
      "vm-fc41 uploaded",
      "vm-bookworm uploaded",
    ]);
  });

  it("links the log in what it tells once the log has its path, and gives a failure the log's tail", async () => {
    const world = new FakeWorld();
    world.script = async (stage, task) => {
      if (task.distribution.name === "vm-fc41" && stage === "build") throw new AdapterError("EXIT_STATUS", "it broke");
    };
    await run(world);
    const built = world.reports.find((event) => event.type === "built");
    expect(built).toMatchObject({ distribution: "host-fc41", log: "build-x/hello-host-fc41/log_0" });
    const failed = world.reports.find((event) => event.type === "failed");
    expect(failed).toMatchObject({ stage: "build", reason: "it broke", log: "build-x/hello-vm-fc41/log_1" });
    expect(failed?.type === "failed" && failed.logTail).toContain("> build begins");
    expect(world.logs.logs.map(({ closed }) => closed)).toEqual(["done", "failed", "done"]);
  });

  it("keeps a record with commit, tag, signer, stages, packages and log", async () => {
    const world = new FakeWorld();
    const { record } = await run(world);
    expect(record).toMatchObject({
      askedBy: { kind: "push" },
      commit: commitOf(5),
      version: "v1.0",
      signed: { tag: "v1.0", signers: [maintainer] },
      state: "done",
    });
    expect(record.distributions[0]).toMatchObject({
      state: "uploaded",
      stages: ["prep", "build", "sign", "publish", "upload"].map((stage) => ({ stage, error: null })),
      packages: [{ file: "hello-1.0.rpm", sha256: "0".repeat(64), size: 10 }],
      log: "build-x/hello-host-fc41/log_0",
    });
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    expect(world.records.get("7")).toEqual(record);
  });

  it("skips what has no packages and what is released at this version, each with its reason", async () => {
    const world = new FakeWorld();
    world.withoutPackages = new Map([["vm-bookworm", "no packages for vm-bookworm"]]);
    world.standing = [
      { repository: "current", distribution: "host-fc41", commit: commitOf(5) },
      { repository: "current", distribution: "vm-fc41", commit: commitOf(4) },
    ];
    expect(states(await run(world))).toEqual([
      "host-fc41 skipped already in current at this version",
      "vm-fc41 uploaded",
      "vm-bookworm skipped no packages for vm-bookworm",
    ]);
    const said = world.reports.find((event) => event.type === "announced");
    expect(said?.type === "announced" && said.history?.previous).toBe(commitOf(4));
  });

  it("says nothing at all where every distribution is skipped", async () => {
    const world = new FakeWorld();
    world.standing = ["host-fc41", "vm-fc41", "vm-bookworm"].map((distribution) => ({
      repository: "current-testing" as const,
      distribution,
      commit: commitOf(5),
    }));
    expect((await run(world)).kind).toBe("nothing");
    expect(world.told).toEqual([]);
  });

  it("leaves a head without a version tag untouched, in silence, where only versions are fetched", async () => {
    const world = new FakeWorld();
    unsigned(world, [
      {
        ref: "mm_1234",
        objectName: "mm_1234",
        namesCommit: true,
        signature: { kind: "good", signer: maintainer },
        movedFrom: null,
      },
    ]);
    const outcome = await run(world, request("fetch-versions-only: true"));
    expect([outcome.kind, outcome.summary, world.told, world.pinned]).toEqual([
      "nothing",
      "no version tag names 555555555555",
      [],
      [],
    ]);
  });

  it("is refused and told once where the source does not verify, and nothing is unpacked", async () => {
    const world = new FakeWorld();
    unsigned(world, [
      { ref: "v1.0", objectName: "v1.0", namesCommit: true, signature: { kind: "none" }, movedFrom: null },
    ]);
    const [first, second] = [await run(world), await run(world, request("timeout: 60", { job: "8" }))];
    const events = [first, second].flatMap(({ reports }) =>
      reports.flatMap((report) => (report.kind === "status" ? [report.event] : [])),
    );
    expect(events[0]).toMatchObject({ type: "source-refused", reason: "tag v1.0 is not signed" });
    expect(events.map(({ id }) => id)).toEqual([events[0]?.id, events[0]?.id]);
    expect([first.kind, world.ran, world.logs.logs]).toEqual(["failed", [], []]);
  });

  it("is refused where the commit does not descend from the one built last", async () => {
    const world = new FakeWorld(commitOf(3));
    world.last = { commit: commitOf(4), version: "v4" };
    const outcome = await run(world);
    expect([outcome.kind, outcome.summary]).toEqual([
      "failed",
      "333333333333 does not descend from 444444444444, which was built last",
    ]);
  });

  it("tells that a source could not be fetched, on the version before", async () => {
    const world = new FakeWorld();
    world.last = { commit: commitOf(4), version: "v4" };
    world.fetchFault = new AdapterError("UNREACHABLE", "https://example.org: no route");
    const outcome = await run(world);
    expect(outcome.kind).toBe("failed");
    expect(outcome.reports).toMatchObject([
      { event: { type: "source-refused", subject: { version: "v4" }, reason: expect.stringContaining("no route") } },
    ]);
  });

  it("never builds a component that is only fetched for others", async () => {
    const world = new FakeWorld();
    expect((await run(world, request("packages: false"))).kind).toBe("nothing");
    expect(world.ran).toEqual([]);
  });
});

describe("one distribution's build", () => {
  it("that fails to upload was built, and says that its upload failed", async () => {
    const world = new FakeWorld();
    world.script = async (stage, task) => {
      if (stage === "upload" && task.distribution.name === "host-fc41")
        throw new AdapterError("UNREACHABLE", "no mirror");
    };
    await run(world);
    expect(world.told.slice(1, 5)).toEqual([
      "building host-fc41",
      "built host-fc41",
      "upload-failed host-fc41",
      "building vm-fc41",
    ]);
  });

  it("that takes too long is failed after its limit, and the next goes on", async () => {
    const world = new FakeWorld();
    world.script = (stage, task, signal) =>
      task.distribution.name === "host-fc41" && stage === "build"
        ? new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => reject(new AdapterError("TIMEOUT", "ended"))),
          )
        : Promise.resolve();
    expect(states(await run(world, request("timeout: 1")))).toEqual([
      "host-fc41 failed build: after 1 s: its time limit",
      "vm-fc41 uploaded",
      "vm-bookworm uploaded",
    ]);
  });

  it("is ended unsigned when its log goes away", async () => {
    const world = new FakeWorld();
    world.script = async (stage, task, signal) => {
      if (stage !== "build" || task.distribution.name !== "host-fc41") return;
      world.logs.logs[0]?.break("the logs qube is gone");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const outcome = await run(world);
    expect(states(outcome)[0]).toBe(
      "host-fc41 failed build: the log went away (the logs qube is gone), and nothing is signed without one",
    );
    expect(world.ran).not.toContain("host-fc41 sign");
  });

  it("is not begun where no log can be had, and the next goes on", async () => {
    const world = new FakeWorld();
    const { logs } = world;
    const open = logs.open.bind(logs);
    let first = true;
    logs.open = async (label) => {
      if (first) {
        first = false;
        throw new AdapterError("UNREACHABLE", "no logs qube");
      }
      return open(label);
    };
    const outcome = await run(world);
    expect(states(outcome)[0]).toBe("host-fc41 failed no log can be had, so nothing is built: no logs qube");
    expect(world.ran.filter((line) => line.startsWith("host"))).toEqual([]);
    expect(states(outcome)[1]).toBe("vm-fc41 uploaded");
  });

  it("stops a job with a bug of ours, and does not call it a failed build", async () => {
    const world = new FakeWorld();
    world.script = async () => {
      throw new TypeError("a bug");
    };
    await expect(run(world)).rejects.toThrow("a bug");
    expect(world.logs.logs.map(({ closed }) => closed)).toEqual(["failed"]);
  });
});

describe("a build after a crash", () => {
  /** Dies (the promise never ends for the caller) at a stage of vm-fc41. */
  async function crash(world: FakeWorld, at: string): Promise<void> {
    const script = world.script;
    const dead = new Promise<never>((_resolve, reject) => {
      world.script = async (stage, task) => {
        if (`${task.distribution.name} ${stage}` === at) {
          reject(new Error("dead"));
          await new Promise(() => undefined);
        }
      };
    });
    await expect(Promise.race([run(world), dead])).rejects.toThrow("dead");
    world.script = script;
    world.ran.length = 0;
  }

  it("builds the interrupted distribution again from the start, and not what was done", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 build");
    const outcome = await run(world);
    expect(world.ran.map((line) => line.split(" ")[0])).not.toContain("host-fc41");
    expect(world.ran[0]).toBe("vm-fc41 prep");
    expect(states(outcome)).toEqual(["host-fc41 uploaded", "vm-fc41 uploaded", "vm-bookworm uploaded"]);
    expect(outcome.record.distributions.map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
  });

  it("keeps to its commit, whatever has been pushed since", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 build");
    world.source.head = commitOf(9);
    expect((await run(world)).record.commit).toBe(commitOf(5));
  });

  it("reports failed what crashed a second time, and goes on with the next", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 build");
    await crash(world, "vm-fc41 build");
    expect(states(await run(world))).toEqual([
      "host-fc41 uploaded",
      "vm-fc41 failed the program died twice while it was built",
      "vm-bookworm uploaded",
    ]);
  });

  it("uploads and reports what had been published already, without building it again", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 upload");
    world.standing = [{ repository: "current-testing", distribution: "vm-fc41", commit: commitOf(5) }];
    const outcome = await run(world);
    expect(world.ran.filter((line) => line.startsWith("vm-fc41"))).toEqual(["vm-fc41 upload"]);
    expect(states(outcome)[1]).toBe("vm-fc41 uploaded");
    // What was published is known still: it is to be stated, and audited.
    expect(outcome.record.distributions[1]?.packages).toEqual(outcome.record.distributions[0]?.packages);
    expect(outcome.record.distributions[1]?.packages).toHaveLength(1);
  });

  it("knows what it published when it crashed within the publication", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 publish");
    world.standing = [{ repository: "current-testing", distribution: "vm-fc41", commit: commitOf(5) }];
    const [, interrupted] = (await run(world)).record.distributions;
    expect([interrupted?.state, interrupted?.packages.map(({ file }) => file)]).toEqual([
      "uploaded",
      ["hello-1.0.rpm"],
    ]);
  });

  it("has no packages where their publication failed", async () => {
    const world = new FakeWorld();
    world.script = async (stage) => {
      if (stage === "publish") throw new AdapterError("DISK_FULL", "no space");
    };
    const [first] = (await run(world)).record.distributions;
    expect([first?.reason, first?.packages]).toEqual(["publish: no space", []]);
  });

  it("uploads what had been published however often it crashed: it is there, and that has to be told", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 build");
    await crash(world, "vm-fc41 upload");
    world.standing = [{ repository: "current-testing", distribution: "vm-fc41", commit: commitOf(5) }];
    expect(states(await run(world))[1]).toBe("vm-fc41 uploaded");
  });

  it("says building with the same id, so that it is posted once", async () => {
    const world = new FakeWorld();
    await crash(world, "vm-fc41 build");
    await run(world);
    const ids = world.reports
      .filter((event) => event.type === "building" && event.distribution === "vm-fc41")
      .map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
  });
});

describe("a cancelled build", () => {
  it("ends with nothing published, and tells so only at its end", async () => {
    const world = new FakeWorld();
    const controller = new AbortController();
    world.script = async (stage, _task, signal) => {
      if (stage !== "build") return;
      controller.abort();
      signal.throwIfAborted();
    };
    const outcome = await run(world, request("timeout: 60", { signal: controller.signal }));
    expect([outcome.kind, world.ran]).toEqual(["failed", ["host-fc41 prep", "host-fc41 build"]]);
    expect(world.told).toEqual(["announced", "building host-fc41"]);
    expect(outcome.reports).toMatchObject([{ event: { type: "failed", reason: "cancelled" } }]);
    expect(outcome.record.distributions[0]?.state).toBe("building");
  });
});
