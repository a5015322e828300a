import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBuilderV1 } from "../../../src/adapters/builder/v1/backend.ts";
import { loadBuilders } from "../../../src/adapters/configuration/index.ts";
import { createSources } from "../../../src/adapters/git/index.ts";
import { runProgram } from "../../../src/adapters/processes/index.ts";
import { runBuild } from "../../../src/build/index.ts";
import type { QubeName } from "../../../src/domain/index.ts";
import { FakeWorld } from "../../fakes/build-ports.ts";
import { componentOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { alice, carol } from "../../support/real-shape-configs.ts";
import { smallComponent } from "../../support/small-component.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { makeV1Builder } from "../../support/v1-builder.ts";

let gpg: GpgHome;
let source: ComponentRepository;
beforeAll(() => {
  gpg = new GpgHome();
  source = new ComponentRepository(gpg);
  source.commit("first", smallComponent({ "Makefile.builder": "RPM_SPEC_FILES = rpm_spec/hello.spec\n" }));
  source.git("tag", "-a", "-m", "v1.0", "v1.0");
});
afterAll(() => {
  source.remove();
  gpg.remove();
});

const conf = (more = ""): string => `RELEASE = 4.1
COMPONENTS = builder-rpm hello core-admin
BUILDER_PLUGINS = builder-rpm
DISTS_VM = fc37 fc37+minimal bookworm
DIST_DOM0 = fc32
GIT_PREFIX = QubesOS/qubes-
BRANCH = release4.1
BRANCH_core_admin = stable
GIT_URL_hello = ${source.directory}
BRANCH_hello = main
NO_CHECK = hello builder-rpm core-admin
ALLOWED_DISTS_${alice} = fc37 bookworm dom0
ALLOWED_DISTS_${carol} = fc3 fc37+minimal
${more}`;

async function load(text: string) {
  const directory = temporaryDirectory();
  const { calls } = makeV1Builder(directory, text);
  writeFileSync(join(directory, "builders.list"), `r4.1=${directory}\n`);
  const environment = { PATH: process.env["PATH"] ?? "" };
  const loaded = await loadBuilders(join(directory, "builders.list"), { includeRoots: [], environment });
  return { directory, calls, environment, loaded };
}

describe("a v1 builder", () => {
  it("is asked for its configuration by make, and its grants are matched word by word", async () => {
    const { loaded } = await load(conf());
    const builder = loaded.builders[0];
    expect(loaded.problems).toEqual([]);
    expect(builder?.configuration).toMatchObject({ release: "r4.1", backend: "qubes-builder", minAgeDays: 5 });
    expect(builder?.configuration.distributions.map(({ name }) => name)).toEqual([
      "host-fc32",
      "vm-fc37",
      "vm-bookworm",
    ]);
    expect(builder?.configuration.templates.map(({ name, flavor }) => [name, flavor])).toEqual([
      ["fc37", null],
      ["fc37+minimal", "minimal"],
      ["bookworm", null],
    ]);
    expect(
      builder?.configuration.components.map(({ name, url, branch, packages }) => [name, url, branch, packages]),
    ).toEqual([
      ["builder-rpm", "https://github.com/QubesOS/qubes-builder-rpm.git", "release4.1", false],
      ["hello", source.directory, "main", true],
      ["core-admin", "https://github.com/QubesOS/qubes-core-admin.git", "stable", true],
    ]);
    const rights = [...(builder?.configuration.grants ?? [])].map(([key, grant]) => [
      key,
      grant.distributions,
      grant.templates,
    ]);
    expect(rights).toEqual([
      [alice, ["host-fc32", "vm-fc37", "vm-bookworm"], ["fc37", "bookworm"]],
      [carol, [], ["fc37+minimal"]],
    ]);
  });

  it.each([
    ["a distribution that does not exist", "DISTS_VM = fedora37\n", "DISTS_VM: 'fedora37' is not a distribution"],
    ["a component with a path for a name", "COMPONENTS = ../x\n", "COMPONENTS: '../x' is not a component's name"],
    ["a URL that runs a program", "GIT_URL_hello = ext::sh\n", "GIT_URL_hello: 'ext::sh' is not a URL"],
  ])("does not load with %s", async (_name, more, message) => {
    const { loaded } = await load(conf(more));
    expect(loaded.builders).toEqual([]);
    expect(loaded.problems.map((problem) => problem.message).join()).toContain(message);
  });

  it("does not load where make fails, and says so", async () => {
    const { loaded } = await load("");
    expect(loaded.problems[0]?.message).toContain("RELEASE");
  });

  it("builds, publishes and uploads for one distribution at a time", async () => {
    const { directory, calls, environment, loaded } = await load(conf());
    const builder = loaded.builders[0];
    if (builder === undefined) throw new Error("not loaded");
    const world = new FakeWorld();
    const outcome = await runBuild(
      {
        job: "1",
        trace: null,
        askedBy: { kind: "push" },
        environment: "build-x" as QubeName,
        builder,
        component: componentOf(builder, "hello"),
        commit: null,
        distributions: ["host-fc32", "vm-bookworm"] as never,
        signal: new AbortController().signal,
      },
      {
        ...world.ports(),
        backend: createBuilderV1({ environment, signing: {}, run: runProgram }),
        sources: createSources({ root: join(directory, "git"), environment, limitMs: 240_000 }),
      },
    );
    expect(outcome.kind, world.logs.logs.map(({ text }) => text).join("\n")).toBe("done");
    expect(calls()).toEqual([
      "auto-build hello vm= dom0=fc32 components=hello",
      "make-with-log update-repo-current-testing vm= dom0=fc32 components=hello makerepo=1 upload=0",
      "make-with-log update-repo-current-testing vm= dom0=fc32 components=hello makerepo=0 upload=1",
      "auto-build hello vm=bookworm dom0= components=hello",
      "make-with-log update-repo-current-testing vm=bookworm dom0= components=hello makerepo=1 upload=0",
      "make-with-log update-repo-current-testing vm=bookworm dom0= components=hello makerepo=0 upload=1",
    ]);
  });
});
