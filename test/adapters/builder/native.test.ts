import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createNativeBackend } from "../../../src/adapters/builder/native/native.ts";
import { createSources } from "../../../src/adapters/git/index.ts";
import type { BuildTask } from "../../../src/build/ports.ts";
import { parseDistribution } from "../../../src/domain/index.ts";
import { FakeLog } from "../../fakes/build-log.ts";
import { builderPlace, componentOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { smallComponent } from "../../support/small-component.ts";
import { runTool } from "../../support/tool.ts";

let gpg: GpgHome;
let work = "";
let source: ComponentRepository;

beforeAll(() => {
  gpg = new GpgHome();
});
afterAll(() => gpg.remove());
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "rb-nat-"));
  source = new ComponentRepository(gpg);
});
afterEach(() => {
  source.remove();
  rmSync(work, { recursive: true, force: true });
});

const environment = { PATH: process.env["PATH"] ?? "" };
const signal = new AbortController().signal;

async function task(name: string): Promise<BuildTask> {
  const text = `qubes-release: r4.3\ncomponents:\n- hello: { url: '${source.directory}', verification-mode: insecure-skip-checking }\n`;
  const builder = builderPlace(work, text);
  const component = componentOf(builder, "hello");
  const fetched = await createSources({ root: join(work, "git"), environment, limitMs: 30_000 }).fetch(
    component,
    builder,
    signal,
  );
  const distribution = parseDistribution(name);
  if (distribution === null) throw new Error(name);
  return {
    builder,
    component,
    distribution,
    commit: fetched.head,
    version: "v1.0",
    source: fetched,
    repository: "current-testing",
    begin: "start",
  };
}

/** Builds without signing; answers the packages' bytes by name, and the log. */
async function build(
  name: string,
  limit = signal,
): Promise<{ packages: Map<string, Buffer>; log: FakeLog; fault: unknown }> {
  const backend = createNativeBackend({
    work: join(work, "builds"),
    walls: "required",
    environment,
    sign: async (_task, files) => files,
    publish: async () => undefined,
    upload: async () => undefined,
  });
  const log = new FakeLog("log");
  const run = await backend.open(await task(name), log);
  let fault: unknown = null;
  try {
    for (const stage of run.stages) await stage.run(limit);
  } catch (error) {
    fault = error;
  }
  const files = await run.packages();
  const packages = new Map(files.map(({ path }) => [basename(path), readFileSync(path)]));
  await run.close();
  return { packages, log, fault };
}

describe("the native back-end", () => {
  it("builds real rpm packages, the same bytes each time", async () => {
    source.commit("first", smallComponent());
    const first = await build("host-fc41");
    expect(first.fault, first.log.text).toBeNull();
    expect([...first.packages.keys()]).toEqual(["hello-1.0-1.fc41.noarch.rpm", "hello-1.0-1.fc41.src.rpm"]);
    const second = await build("host-fc41");
    expect([...second.packages.values()].map((bytes) => bytes.toString("base64"))).toEqual(
      [...first.packages.values()].map((bytes) => bytes.toString("base64")),
    );
    const file = join(work, "hello.rpm");
    writeFileSync(file, first.packages.get("hello-1.0-1.fc41.noarch.rpm") ?? "");
    expect(
      runTool("rpm", ["-qp", "--nosignature", "--qf", "%{NAME} %{VERSION} %{RELEASE} %{BUILDHOST}", file]).toString(),
    ).toBe("hello 1.0 1.fc41 builder");
  });

  it("builds real deb packages, named apart for each release, the same bytes each time", async () => {
    source.commit("first", smallComponent());
    const first = await build("vm-bookworm");
    expect(first.fault, first.log.text).toBeNull();
    expect([...first.packages.keys()]).toEqual([
      "hello_1.0+deb12u1.dsc",
      "hello_1.0+deb12u1.tar.xz",
      "hello_1.0+deb12u1_all.deb",
      "hello_1.0+deb12u1_amd64.buildinfo",
      "hello_1.0+deb12u1_amd64.changes",
    ]);
    const second = await build("vm-bookworm");
    expect(second.packages.get("hello_1.0+deb12u1_all.deb")).toEqual(first.packages.get("hello_1.0+deb12u1_all.deb"));
  });

  it("leaves nothing of a build behind", async () => {
    source.commit("first", smallComponent());
    await build("host-fc41");
    expect(readdirSync(join(work, "builds"))).toEqual(["walls"]);
  });
});
