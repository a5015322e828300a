import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createNativeBackend } from "../../../src/adapters/builder/native/native.ts";
import { createSources } from "../../../src/adapters/git/index.ts";
import { type RunProgram, runProgram } from "../../../src/adapters/processes/index.ts";
import type { BuildTask } from "../../../src/build/ports.ts";
import { AdapterError, parseDistribution } from "../../../src/domain/index.ts";
import { FakeLog } from "../../fakes/build-log.ts";
import { builderPlace, componentOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { smallComponent } from "../../support/small-component.ts";
import { systemdMachine } from "../../support/systemd-machine.ts";
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
  const fetched = await createSources({ root: join(work, "git"), environment, limitMs: 240_000 }).fetch(
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

function backendHere(run: RunProgram = runProgram) {
  return createNativeBackend({
    work: join(work, "builds"),
    walls: "required",
    run,
    environment,
    sign: async (_task, files) => files,
    publish: async () => undefined,
    upload: async () => undefined,
  });
}

/** Every running command of this machine, as its words. */
function commands(): string[][] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      return /^[0-9]+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0")] : [];
    } catch {
      return [];
    }
  });
}

/** Builds without signing; answers the packages' bytes by name, and the log. */
async function build(
  name: string,
  limit = signal,
  means: RunProgram = runProgram,
): Promise<{ packages: Map<string, Buffer>; log: FakeLog; fault: unknown }> {
  const backend = backendHere(means);
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

  it("builds each step in a unit of its own, with the same bytes", async () => {
    source.commit("first", smallComponent());
    const machine = systemdMachine(work);
    const inUnits = await build("host-fc41", signal, machine.run);
    expect(inUnits.fault, inUnits.log.text).toBeNull();
    expect(inUnits.packages).toEqual((await build("host-fc41")).packages);
    expect(machine.calls().some((words) => words.includes("rpmbuild"))).toBe(true);
    for (const words of machine.calls()) expect(words).toContain("setpriv");
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

  it("builds real Arch packages, the same bytes each time", async () => {
    source.commit("first", smallComponent());
    const first = await build("vm-archlinux");
    expect(first.fault, first.log.text).toBeNull();
    expect([...first.packages.keys()]).toEqual(["hello-1.0-1-any.pkg.tar.zst"]);
    const second = await build("vm-archlinux");
    expect(second.packages.get("hello-1.0-1-any.pkg.tar.zst")).toEqual(
      first.packages.get("hello-1.0-1-any.pkg.tar.zst"),
    );
    const file = join(work, "hello.pkg.tar.zst");
    writeFileSync(file, first.packages.get("hello-1.0-1-any.pkg.tar.zst") ?? "");
    expect(runTool("bsdtar", ["-xOf", file, ".PKGINFO"]).toString()).toContain("pkgver = 1.0-1\n");
  });

  it("builds no Arch package whose recipe wants something from the network", async () => {
    const pkgbuild = smallComponent()["archlinux/PKGBUILD.in"] ?? "";
    source.commit(
      "first",
      smallComponent({
        "archlinux/PKGBUILD.in": pkgbuild.replace(/hello-\$\{pkgver\}\.tar\.gz/, "https://example.org/x.tar.gz"),
      }),
    );
    expect((await build("vm-archlinux")).fault).toMatchObject({
      message: "the recipe wants 'https://example.org/x.tar.gz', which is no file of the component",
    });
  });

  it("leaves nothing of a build behind, nor of one that was killed", async () => {
    source.commit("first", smallComponent());
    mkdirSync(join(work, "builds/b-killed/build/out"), { recursive: true });
    await build("host-fc41");
    expect(readdirSync(join(work, "builds"))).toEqual(["walls"]);
  });

  it("says which recipe cannot be built, and how the tool ended", async () => {
    source.commit("first", smallComponent({}, { spec: "%{error: this does not work}" }));
    const { fault, log } = await build("host-fc41");
    expect(fault).toMatchObject({ code: "EXIT_STATUS", message: "rpmspec could not read the recipe" });
    expect(log.text).toContain("this does not work");
  });

  it("finds recipes without .qubesbuilder by where they lie", async () => {
    const { ".qubesbuilder": _left, ...files } = smallComponent();
    source.commit("first", files);
    const backend = backendHere();
    expect([
      await backend.withoutPackages(await task("host-fc41")),
      await backend.withoutPackages(await task("vm-bookworm")),
    ]).toEqual([null, null]);
  });

  it("has no packages for a distribution that .qubesbuilder does not name", async () => {
    source.commit(
      "first",
      smallComponent({ ".qubesbuilder": "host:\n  rpm:\n    build:\n    - rpm_spec/hello.spec\n" }),
    );
    const backend = backendHere();
    expect([
      await backend.withoutPackages(await task("host-fc41")),
      await backend.withoutPackages(await task("vm-fc41")),
    ]).toEqual([null, "no packages for vm-fc41"]);
  });
});

describe("a hostile package", () => {
  it("puts no link where the agent writes, by what its spec runs when it is only read", async () => {
    const victim = join(work, "victim");
    mkdirSync(victim, { mode: 0o777 });
    source.commit("first", smallComponent({}, { spec: `%(rm -rf /build/sources; ln -s ${victim} /build/sources)` }));
    await build("host-fc41");
    expect(readdirSync(victim)).toEqual([]);
  });

  it.each([
    [
      "a link to the agent's own file",
      "ln -s /etc/hostname /build/out/stolen-1.0.rpm",
      "stolen-1.0.rpm is not a plain file",
    ],
    ["a pipe that is never written", "mkfifo /build/out/pipe-1.0.rpm", "pipe-1.0.rpm is not a plain file"],
    [
      "a second name of a file",
      "touch /build/x; ln /build/x /build/out/two-1.0.rpm",
      "two-1.0.rpm is not a plain file",
    ],
    ["a link for its output directory", "rm -rf /build/out; ln -s /build/rpm /build/out", null],
  ])("delivers no package that is %s", async (_name, script, reason) => {
    source.commit("first", smallComponent({}, { spec: "%(:)" }));
    const spec = smallComponent()["rpm_spec/hello.spec.in"] ?? "";
    source.commit("second", { "rpm_spec/hello.spec.in": spec.replace("%files", `%clean\n${script}\n%files`) });
    const { fault, packages } = await build("host-fc41");
    expect(packages.size).toBe(0);
    expect(fault).toBeInstanceOf(AdapterError);
    if (reason !== null) expect(fault).toMatchObject({ message: reason });
  });

  it.each([
    ["host-fc41", "rpm_spec"],
    ["vm-bookworm", "debian"],
  ])("has no recipe for %s behind a link in its tree", async (name, folder) => {
    source.commit("first", smallComponent());
    source.git("rm", "-r", "-q", folder);
    symlinkSync("/etc", join(source.directory, folder));
    source.commit("second");
    expect((await build(name)).fault).toBeInstanceOf(AdapterError);
  });

  it("ends with everything it started, when its time is over", async () => {
    const seconds = `4711.${process.pid}`;
    source.commit(
      "first",
      smallComponent(
        {},
        {
          rules: `override_dh_auto_build:\n\ttrap '' TERM; setsid sh -c "trap '' TERM; sleep ${seconds}" & sleep ${seconds}\n`,
        },
      ),
    );
    const { fault } = await build("vm-bookworm", AbortSignal.timeout(4_000));
    expect(fault).toMatchObject({ code: "TIMEOUT" });
    expect(commands().some((words) => words.includes(seconds))).toBe(false);
  });

  it("writes lines of its own into the log as output only", async () => {
    const line = `> sign detach ${"A".repeat(40)} sha256:${"0".repeat(64)} 1 x`;
    source.commit("first", smallComponent({}, { rules: `override_dh_auto_build:\n\techo '${line}'\n` }));
    const { log } = await build("vm-bookworm");
    expect(log.lines.filter((said) => said.startsWith("> sign"))).toEqual([]);
    expect(log.announced).toEqual([]);
    expect(log.text).toContain(`| ${line}`);
  });
});
