import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { type BuildRecord, type ImageTask, isoTask, runImage, templateTask } from "../../src/build/index.ts";
import type { IsoVersion, QubeName, TemplateName, Timestamp } from "../../src/domain/index.ts";
import { main } from "../../src/programs/cli/build.ts";
import { FakeLogService } from "../fakes/build-log.ts";
import { commitOf, maintainer } from "../fakes/build-ports.ts";
import { builderPlace } from "../support/builder-place.ts";
import { type CapturedRun, runCaptured } from "../support/captured-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";
let config = "";

beforeEach(() => {
  directory = temporaryDirectory();
  config = join(directory, "config.yml");
  for (const name of ["keys", "state", "one", "two"]) mkdirSync(join(directory, name));
  const builder = (distributions: string): string =>
    `qubes-release: r4.3\ninsecure-skip-checking: [hello]\ndistributions: ${distributions}\ncomponents: [hello]\ntemplates: [ fedora-44: { dist: fc44 } ]\n`;
  writeFileSync(join(directory, "one/builder.yml"), builder("[host-fc41, vm-fc41]"));
  writeFileSync(join(directory, "two/builder.yml"), builder("[vm-bookworm]"));
  writeFileSync(
    join(directory, "builders.list"),
    `r4.3=${directory}/one=builder.yml\nr4.3=${directory}/two=builder.yml\n`,
  );
  writeFileSync(join(directory, "token"), "none\n");
  const agent = {
    qube: "build-x",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    github: { "token-file": "token" },
  };
  writeFileSync(config, JSON.stringify({ agent }));
});

const build = (...words: string[]): Promise<CapturedRun> => runCaptured(main, [...words, "--config", config]);

async function withStore<T>(use: (store: ReturnType<typeof openAgentStore>) => Promise<T>): Promise<T> {
  const store = openAgentStore(join(directory, "state/agent.db"), () => []);
  try {
    return await use(store);
  } finally {
    await store.database.close();
  }
}

/** What waits: the builder's directory by its last name, and the work. */
const queued = (): Promise<unknown[]> =>
  withStore(async (store) =>
    store.desk
      .show(0)
      .map(({ queue, request }) => [
        queue.slice(directory.length + 1),
        request.kind === "operator" ? request.work : request.kind,
      ]),
  );

describe("release-bot build", () => {
  it("queues a component for each builder that has it", async () => {
    expect((await build("component", "r4.3", "hello")).status).toBe(0);
    const work = { kind: "component", component: "hello", commit: null, distributions: null };
    expect(await queued()).toEqual([
      ["one", work],
      ["two", work],
    ]);
  });

  it("rehearses in the build qube, too: nothing is queued", async () => {
    const run = await build("component", "r4.3", "hello", "--rehearse");
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^would be queued for \S+one\n/) });
    expect(await queued()).toEqual([]);
  });

  it("queues named distributions at one commit where they are built only", async () => {
    const commit = "a".repeat(40);
    expect((await build("component", "r4.3", "hello", "vm-bookworm", "--commit", commit)).status).toBe(0);
    expect(await queued()).toEqual([
      ["two", { kind: "component", component: "hello", commit, distributions: ["vm-bookworm"] }],
    ]);
  });

  it("queues an ISO where there is a host distribution, by default under RELEASE.TIMESTAMP", async () => {
    expect((await build("iso", "r4.3", "--timestamp", "202611231200")).status).toBe(0);
    expect((await build("iso", "r4.3", "4.3.0", "--timestamp", "202611231200", "--final")).status).toBe(0);
    const iso = { kind: "iso", timestamp: "202611231200" };
    expect(await queued()).toEqual([
      ["one", { ...iso, version: "4.3.202611231200", release: "testing" }],
      ["one", { ...iso, version: "4.3.0", release: "final" }],
    ]);
  });

  it("queues a template for one builder, which has to be chosen of several", async () => {
    const unsure = await build("template", "r4.3", "fedora-44");
    expect([unsure.status, unsure.stderr]).toEqual([1, expect.stringContaining("choose by --builder")]);
    const words = ["template", "r4.3", "fedora-44", "--timestamp", "202611231200", "--builder", `${directory}/two`];
    expect((await build(...words)).status).toBe(0);
    expect(await queued()).toEqual([["two", { kind: "template", template: "fedora-44", timestamp: "202611231200" }]]);
  });

  it.each([
    ["an unknown release", ["component", "r4.2", "hello"], "no builder of r4.2 is configured for that"],
    ["an unknown component", ["component", "r4.3", "nothing"], "no builder of r4.3 is configured for that"],
    ["a component's name with a path", ["component", "r4.3", "../x"], "is not a component's name"],
    ["no distribution", ["component", "r4.3", "hello", "all of them"], "'all of them' is not a distribution"],
    ["half a commit", ["component", "r4.3", "hello", "--commit", "abc"], "is not a commit"],
    ["no real minute", ["template", "r4.3", "fedora-44", "--timestamp", "202613231200"], "is not a time"],
    ["no version", ["iso", "r4.3", "new"], "is not an ISO's version"],
    ["another word", ["everything", "r4.3"], "write build component"],
  ])("refuses %s", async (_name, words, message) => {
    const { status, stderr } = await build(...words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(await queued()).toEqual([]);
  });

  it("says how it is used", async () => {
    expect((await build()).status).toBe(2);
    expect((await build("--what")).status).toBe(2);
    expect((await build("--help")).stdout).toContain("build show [JOB]");
  });
});

describe("release-bot build show", () => {
  const record: BuildRecord = {
    job: "12",
    trace: null,
    askedBy: { kind: "push" },
    release: "r4.3" as BuildRecord["release"],
    builder: "/home/user/builder",
    component: "hello" as BuildRecord["component"],
    commit: commitOf(5),
    version: "v1.0",
    signed: { tag: "v1.0", signers: [maintainer] },
    startedAt: "2026-11-23T12:00:00.000Z",
    endedAt: "2026-11-23T12:01:00.000Z",
    state: "failed",
    reason: "failed for host-fc41",
    distributions: [
      {
        distribution: "host-fc41" as BuildRecord["distributions"][number]["distribution"],
        state: "failed",
        reason: "build: rpmbuild ended with status 1",
        attempts: 2,
        stages: [
          { stage: "prep", startedAt: "2026-11-23T12:00:00.000Z", endedAt: "2026-11-23T12:00:01.500Z", error: null },
          {
            stage: "build",
            startedAt: "2026-11-23T12:00:01.500Z",
            endedAt: "2026-11-23T12:00:31.500Z",
            error: "rpmbuild ended with status 1",
          },
        ],
        packages: [{ file: "hello.rpm", sha256: "0".repeat(64) as never, size: 10 }],
        repository: "current-testing",
        log: "build-x/hello-host-fc41/log_2026-11-23_12-00-00" as never,
      },
    ],
  };

  it("shows one build whole: who asked, commit, signer, stages, packages and log", async () => {
    await withStore((store) => store.builds.save(record));
    const { status, stdout } = await build("show", "12");
    expect(status).toBe(0);
    for (const words of [
      "asked by   a push",
      `component  hello v1.0 (r4.3), commit ${commitOf(5)}`,
      `signed     v1.0 by ${maintainer}`,
      "host-fc41: failed: build: rpmbuild ended with status 1",
      "begun 2 times, after a crash",
      "log build-x/hello-host-fc41/log_2026-11-23_12-00-00",
      "prep         1.5 s  ok",
      "build       30.0 s  FAILED: rpmbuild ended with status 1",
      `${"0".repeat(64)}  hello.rpm (10 bytes)`,
    ]) {
      expect(stdout).toContain(words);
    }
    expect(JSON.parse((await build("show", "12", "--json")).stdout)).toEqual(record);
  });

  it("lists the newest builds, of components, templates and ISOs alike", async () => {
    const place = builderPlace(
      "/b",
      "qubes-release: r4.3\ndistributions: [host-fc41]\ntemplates: [ fedora-44: { dist: fc44 } ]\n",
    );
    const stamp = "202611231200" as Timestamp;
    const tasks: ImageTask[] = [
      templateTask(place, "fedora-44" as TemplateName, stamp),
      isoTask(place, "4.3.0-rc1" as IsoVersion, stamp, "testing"),
    ].flatMap((task) => (task.ok ? [task.value] : []));
    await withStore(async (store) => {
      await store.builds.save(record);
      for (const [index, task] of tasks.entries()) {
        await runImage(
          {
            job: String(20 + index),
            trace: null,
            askedBy: { kind: "operator" },
            environment: "build-x" as QubeName,
            task,
            signal: new AbortController().signal,
          },
          {
            backend: {
              openImage: async () => ({ stages: [], packages: async () => [], close: async () => undefined }),
            },
            logs: new FakeLogService(),
            records: store.images,
            tests: null,
            now: () => new Date(Date.UTC(2026, 10, 23, 13, index)),
            report: async () => undefined,
          },
        );
      }
    });
    const { stdout } = await build("show");
    expect(stdout.split("\n").filter(Boolean)).toEqual([
      "    21  2026-11-23 13:01 UTC  r4.3   iso 4.3.0-rc1  done",
      "    20  2026-11-23 13:00 UTC  r4.3   fedora-44 4.3.0-202611231200  done",
      "    12  2026-11-23 12:00 UTC  r4.3   hello v1.0  failed: failed for host-fc41",
    ]);
    expect((await build("show", "20")).stdout).toContain("goes to    templates-itl-testing");
    expect((await build("show", "99")).status).toBe(1);
  });
});
