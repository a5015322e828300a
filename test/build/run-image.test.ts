import { describe, expect, it } from "vitest";
import {
  type ImageOutcome,
  type ImagePorts,
  type ImageRecord,
  type ImageTask,
  isoTask,
  runImage,
  templateTask,
} from "../../src/build/index.ts";
import {
  AdapterError,
  type IsoVersion,
  type QubeName,
  type Report,
  type TemplateName,
  type Timestamp,
} from "../../src/domain/index.ts";
import { FakeLogService } from "../fakes/build-log.ts";
import { builderPlace } from "../support/builder-place.ts";

const builder = builderPlace(
  "/builder",
  "qubes-release: r4.3\ndistributions: [host-fc41, vm-fc41]\nrepository-publish: { templates: templates-itl-testing }\ntemplates: [ fedora-44-xfce: { dist: fc44, timeout: 60 } ]\n",
);
const stamp = "202611231200" as Timestamp;

function template(): ImageTask {
  const task = templateTask(builder, "fedora-44-xfce" as TemplateName, stamp);
  if (!task.ok) throw new Error(task.error.message);
  return task.value;
}

function iso(): ImageTask {
  const task = isoTask(builder, "4.3.202611231200" as IsoVersion, stamp, "testing");
  if (!task.ok) throw new Error(task.error.message);
  return task.value;
}

function world(change: Partial<ImagePorts> = {}) {
  const reports: Report[] = [];
  const records = new Map<string, ImageRecord>();
  const ran: string[] = [];
  let fault: { stage: string; error: AdapterError } | null = null;
  const ports: ImagePorts = {
    backend: {
      openImage: async () => ({
        stages: (["prep", "build", "sign", "publish", "upload"] as const).map((name) => ({
          name,
          run: async () => {
            ran.push(name);
            if (fault?.stage === name) throw fault.error;
          },
        })),
        packages: async () => [],
        close: async () => undefined,
      }),
    },
    logs: new FakeLogService(),
    records: {
      save: async (record) => void records.set(record.job, structuredClone(record)),
      load: async (job) => records.get(job) ?? null,
      lastTimestamp: async (_release, _name, job) =>
        [...records.values()]
          .filter((record) => record.job !== job)
          .map(({ timestamp }) => timestamp)
          .sort()
          .at(-1) ?? null,
    },
    tests: null,
    now: () => new Date("2026-11-23T12:00:00Z"),
    report: async (told) => void reports.push(...told),
    ...change,
  };
  const run = (task: ImageTask, job = "1"): Promise<ImageOutcome> =>
    runImage(
      {
        job,
        trace: null,
        askedBy: { kind: "operator" },
        environment: "build-x" as QubeName,
        task,
        signal: new AbortController().signal,
      },
      ports,
    );
  return {
    run,
    ran,
    records,
    reports,
    fail: (stage: string) => {
      fault = { stage, error: new AdapterError("EXIT_STATUS", "it broke") };
    },
  };
}

const types = (reports: readonly Report[]): string[] =>
  reports.map((report) => (report.kind === "status" ? report.event.type : report.kind));

describe("a template's build", () => {
  it("goes to the testing repository, under the version of release and timestamp", async () => {
    const { run, reports, records } = world();
    const outcome = await run(template());
    expect(outcome).toMatchObject({
      kind: "done",
      summary: "fedora-44-xfce 4.3.0-202611231200 is in templates-itl-testing",
    });
    expect(types(reports)).toEqual(["announced", "building"]);
    expect(outcome.kind !== "refused" && types(outcome.reports)).toEqual(["built", "uploaded"]);
    expect(records.get("1")).toMatchObject({
      state: "done",
      repository: "templates-itl-testing",
      log: "build-x/template-fedora-44-xfce/log_0",
      subject: { version: "4.3.0-202611231200" },
    });
  });

  it.each([["202611231200"], ["202611231159"]])(
    "is refused with the timestamp %s, which is not newer than the last",
    async (text) => {
      const { run, ran } = world();
      await run(template());
      ran.length = 0;
      const again = templateTask(builder, "fedora-44-xfce" as TemplateName, text as Timestamp);
      const outcome = again.ok ? await run(again.value, "2") : null;
      expect(outcome).toMatchObject({ kind: "refused", refusal: { code: "TIMESTAMP_OUT_OF_RANGE" } });
      expect(ran).toEqual([]);
    },
  );

  it("of a name that the builder does not have is refused, with those that it has", () => {
    const task = templateTask(builder, "fedora-99" as TemplateName, stamp);
    expect(task).toMatchObject({
      ok: false,
      error: { code: "TEMPLATE_UNKNOWN", remedy: "It builds: fedora-44-xfce." },
    });
  });

  it("that fails says where, and its upload's failure is told apart", async () => {
    const first = world();
    first.fail("build");
    const failed = await first.run(template());
    expect(failed.kind !== "refused" && [failed.summary, types(failed.reports)]).toEqual([
      "build: it broke",
      ["failed"],
    ]);
    const second = world();
    second.fail("publish");
    const unpublished = await second.run(template());
    expect(unpublished.kind !== "refused" && types(unpublished.reports)).toEqual(["built", "upload-failed"]);
  });

  it("is built again once after a crash, and not a third time", async () => {
    const { run, records, ran } = world();
    await run(template());
    const crashed = records.get("1");
    if (crashed === undefined) throw new Error("no record");
    records.set("1", { ...crashed, state: "running", attempts: 1 });
    expect((await run(template())).kind).toBe("done");
    ran.length = 0;
    expect(await run(template())).toMatchObject({ kind: "failed", summary: expect.stringContaining("died twice") });
    expect(ran).toEqual([]);
  });
});

describe("an ISO's build", () => {
  it("is handed to openQA once it is uploaded, and the results are told", async () => {
    const { run } = world({ tests: { start: async () => "https://openqa.example.org/tests/overview" } });
    const outcome = await run(iso());
    expect(outcome.kind !== "refused" && types(outcome.reports)).toEqual(["built", "uploaded", "tests-started"]);
    expect(outcome.kind !== "refused" && outcome.record.repository).toBe("iso-testing");
  });

  it("stands where openQA does not answer, which is said", async () => {
    const start = (): Promise<string> => Promise.reject(new AdapterError("UNREACHABLE", "no route"));
    const { run } = world({ tests: { start } });
    const outcome = await run(iso());
    expect(outcome).toMatchObject({
      kind: "done",
      summary: expect.stringContaining("openQA did not take it: no route"),
    });
  });

  it("is tested by nobody where it failed", async () => {
    const { run, fail } = world({ tests: { start: async () => "https://x.example.org/" } });
    fail("sign");
    const outcome = await run(iso());
    expect(outcome.kind !== "refused" && types(outcome.reports)).toEqual(["failed"]);
  });

  it.each([["[vm-fc41]"], ["[host-fc41, host-fc42]"]])(
    "needs exactly one host distribution, and not %s",
    (distributions) => {
      const other = builderPlace("/b", `qubes-release: r4.3\ndistributions: ${distributions}\n`);
      expect(isoTask(other, "4.3.0" as IsoVersion, stamp, "testing")).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining("exactly one host distribution") },
      });
    },
  );
});
