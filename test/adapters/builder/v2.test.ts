import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createBuilderV2 } from "../../../src/adapters/builder/v2/backend.ts";
import { createSources } from "../../../src/adapters/git/index.ts";
import { type RunProgram, runProgram } from "../../../src/adapters/processes/index.ts";
import { type BuildOutcome, type ImageTask, isoTask, runBuild, templateTask } from "../../../src/build/index.ts";
import type { IsoVersion, QubeName, TemplateName, Timestamp } from "../../../src/domain/index.ts";
import { FakeLog } from "../../fakes/build-log.ts";
import { FakeWorld } from "../../fakes/build-ports.ts";
import { builderPlace, componentOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { smallComponent } from "../../support/small-component.ts";
import { systemdMachine } from "../../support/systemd-machine.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { makeV2Builder } from "../../support/v2-builder.ts";

let gpg: GpgHome;
let source: ComponentRepository;
let directory = "";
let world: FakeWorld;
let calls: ReturnType<typeof makeV2Builder>["calls"];

beforeAll(() => {
  gpg = new GpgHome();
  source = new ComponentRepository(gpg);
  source.commit("first", smallComponent());
});
afterAll(() => {
  source.remove();
  gpg.remove();
});
beforeEach(() => {
  directory = temporaryDirectory();
  ({ calls } = makeV2Builder(directory, source.directory));
  world = new FakeWorld();
});

async function push(
  extra: Record<string, string> = {},
  options = "timeout: 600",
  distributions = "[host-fc41, vm-fc41]",
  run: RunProgram = runProgram,
): Promise<BuildOutcome> {
  const text = `qubes-release: r4.3\ndistributions: ${distributions}\nartifacts-dir: ${directory}/artifacts\ncomponents:\n- hello: { url: '${source.directory}', verification-mode: insecure-skip-checking, ${options} }\n`;
  const builder = builderPlace(directory, text);
  const environment = { PATH: process.env["PATH"] ?? "", ...extra };
  const backend = createBuilderV2({
    environment,
    signing: { GNUPGHOME: "/nowhere" },
    run,
    now: () => new Date(),
  });
  const sources = createSources({ root: join(directory, "git"), environment, limitMs: 240_000 });
  return runBuild(
    {
      job: "1",
      trace: null,
      askedBy: { kind: "push" },
      environment: "build-x" as QubeName,
      builder,
      component: componentOf(builder, "hello"),
      commit: null,
      distributions: null,
      signal: new AbortController().signal,
    },
    { ...world.ports(), backend, sources },
  );
}

const states = ({ record }: BuildOutcome): string[] =>
  record.distributions.map(({ distribution, state, reason }) => `${distribution} ${state} ${reason}`.trim());

describe("builder v2", () => {
  it("is run stage by stage for each distribution, and fetches once", async () => {
    const outcome = await push();
    expect(states(outcome), world.logs.logs.map(({ text }) => text).join("\n")).toEqual([
      "host-fc41 uploaded",
      "vm-fc41 uploaded",
    ]);
    const conf = ["--builder-conf", `${directory}/builder.yml`, "-c", "hello"];
    expect(calls().map(({ words }) => words)).toEqual([
      [...conf, "package", "fetch"],
      ...["host-fc41", "vm-fc41"].flatMap((name) =>
        ["prep", "build", "sign", "publish", "upload"].map((stage) => [...conf, "-d", name, "package", stage]),
      ),
    ]);
  });

  it("runs each stage in a unit of its own, where there is a systemd", async () => {
    const machine = systemdMachine(directory);
    const outcome = await push({}, "timeout: 600", "[host-fc41]", machine.run);
    expect(states(outcome), world.logs.logs.map(({ text }) => text).join("\n")).toEqual(["host-fc41 uploaded"]);
    const stages = machine.calls().map((words) => words.at(-1));
    expect(stages).toEqual(["fetch", "prep", "build", "sign", "publish", "upload"]);
  });

  it("has failed where the status of its unit says so", async () => {
    const machine = systemdMachine(directory);
    const failed = await push({ STAND_IN_FAIL: "build" }, "timeout: 600", "[host-fc41]", machine.run);
    expect(states(failed)).toEqual(["host-fc41 failed build: qb package build ended with status 1"]);
  });

  it("is ended at the time limit in its unit too", async () => {
    const machine = systemdMachine(directory);
    const outcome = await push({ STAND_IN_HANG: "fetch" }, "timeout: 2", "[host-fc41]", machine.run);
    expect(states(outcome)).toEqual(["host-fc41 failed fetch: after 2 s: its time limit"]);
  });

  it("shows the log's socket to what is trusted only", async () => {
    await push({}, "timeout: 600", "[host-fc41]");
    const seen = calls().map(({ words, socket }) => `${words.at(-1)} ${socket === null ? "no" : "yes"}`);
    expect(seen).toEqual(["fetch no", "prep no", "build no", "sign yes", "publish yes", "upload yes"]);
  });

  it("keeps the packages that it made in the record, those of host and vm apart", async () => {
    const { record } = await push();
    expect(record.distributions.map(({ packages }) => packages.map(({ file }) => file))).toEqual([
      ["hello-1.0-1.noarch.rpm"],
      ["hello-1.0-1.noarch.rpm"],
    ]);
    const [host, vm] = record.distributions.map(({ packages }) => packages[0]?.sha256);
    expect(host).not.toBe(vm);
  });

  it("has failed where its status says so, though its log is not UTF-8", async () => {
    const outcome = await push({ STAND_IN_FAIL: "build" });
    expect(states(outcome)).toEqual([
      "host-fc41 failed build: qb package build ended with status 1",
      "vm-fc41 failed build: qb package build ended with status 1",
    ]);
    expect(world.told.filter((line) => /built|uploaded/.test(line))).toEqual([]);
  });

  it("has failed to upload where only that failed", async () => {
    await push({ STAND_IN_FAIL: "upload" }, "timeout: 600", "[host-fc41]");
    expect(world.told).toEqual(["announced", "building host-fc41", "built host-fc41", "upload-failed host-fc41"]);
  });

  it("is not built from sources of another commit than the one that was verified", async () => {
    const elsewhere = new ComponentRepository(gpg);
    const newer = elsewhere.commit("pushed meanwhile", smallComponent());
    makeV2Builder(directory, elsewhere.directory);
    const outcome = await push({}, "timeout: 600", "[host-fc41]");
    elsewhere.remove();
    expect(states(outcome)).toEqual([`host-fc41 failed fetch: builder v2 fetched ${newer}, and not ${source.head()}`]);
  });

  it("is ended at the time limit with everything it started, though it ignores TERM", async () => {
    const outcome = await push({ STAND_IN_HANG: "fetch" }, "timeout: 2", "[host-fc41]");
    expect(states(outcome)).toEqual(["host-fc41 failed fetch: after 2 s: its time limit"]);
    expect(existsSync(join(directory, "artifacts"))).toBe(false);
  });

  async function image(task: ImageTask): Promise<string[][]> {
    const environment = { PATH: process.env["PATH"] ?? "" };
    const backend = createBuilderV2({ environment, signing: {}, run: runProgram, now: () => new Date() });
    const run = await backend.openImage(task, new FakeLog("log"));
    for (const stage of run.stages) await stage.run(new AbortController().signal);
    return calls().map(({ words }) => words.slice(2));
  }
  const imageBuilder = () =>
    builderPlace(
      directory,
      "qubes-release: r4.3\ndistributions: [host-fc41]\ntemplates: [ fedora-44: { dist: fc44 } ]\n",
    );

  it("builds a template of its timestamp, stage by stage", async () => {
    const task = templateTask(imageBuilder(), "fedora-44" as TemplateName, "202611231200" as Timestamp);
    expect(task.ok && (await image(task.value))).toEqual([
      ["package", "fetch"],
      ["-t", "fedora-44", "template", "prep", "--template-timestamp", "202611231200"],
      ...["build", "sign", "publish", "upload"].map((stage) => ["-t", "fedora-44", "template", stage]),
    ]);
  });

  it.each([
    ["testing", []],
    ["final", ["-o", "iso:is-final=true"]],
  ] as const)(
    "builds a %s ISO of its version and timestamp, with qubes-release fetched first",
    async (release, more) => {
      const task = isoTask(imageBuilder(), "4.3.0" as IsoVersion, "202611231200" as Timestamp, release);
      const options = ["-o", "iso:version=4.3.0", ...more];
      expect(task.ok && (await image(task.value))).toEqual([
        ["-c", "qubes-release", "package", "fetch"],
        [...options, "installer", "init-cache"],
        [...options, "installer", "prep", "--iso-timestamp", "202611231200"],
        ...["build", "sign", "upload"].map((stage) => [...options, "installer", stage]),
      ]);
    },
  );
});
