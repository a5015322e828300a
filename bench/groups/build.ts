/** What a build costs besides the building. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackend } from "../../src/adapters/builder/index.ts";
import { createSources } from "../../src/adapters/git/index.ts";
import { runProgram } from "../../src/adapters/processes/index.ts";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { runBuild } from "../../src/build/index.ts";
import { no, parseQubeName, type QubeName, refusal } from "../../src/domain/index.ts";
import { FakeLogService } from "../../test/fakes/build-log.ts";
import { builderPlace, componentOf } from "../../test/support/builder-place.ts";
import { ComponentRepository } from "../../test/support/component-repository.ts";
import { GpgHome } from "../../test/support/gpg-home.ts";
import { smallComponent } from "../../test/support/small-component.ts";
import { runTool } from "../../test/support/tool.ts";
import { type Figure, type Measured, median } from "../figure.ts";

const distributions = ["host-fc41", "vm-fc41", "vm-fc42", "vm-fc43", "vm-bookworm", "vm-trixie"];
const runs = 5;

/**
 * A push of a component with a signed tag: fetched and verified by real git and gpg, recorded durably, each stage a process of
 * its own that does nothing. The log is in memory: what a log costs is measured in its own group.
 */
async function overhead(): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), "bench-build-"));
  const gpg = new GpgHome();
  const source = new ComponentRepository(gpg);
  try {
    const key = gpg.makeKey();
    mkdirSync(join(directory, "keys"));
    writeFileSync(join(directory, `keys/${key}.asc`), gpg.exportKey(key));
    writeFileSync(join(directory, "qb"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    const files = smallComponent();
    const text = `qubes-release: r4.3\ngit: { maintainers: ['${key}'] }\ndistributions: [${distributions.join(", ")}]\ncomponents: [ hello: { url: '${source.directory}' } ]\n`;
    const builder = builderPlace(directory, text, {
      keyDirs: [join(directory, "keys")],
      artifactsDir: join(directory, "artifacts"),
    });
    const environment = { PATH: process.env["PATH"] ?? "/usr/bin:/bin" };
    const store = openAgentStore(join(directory, "agent.db"), () => []);
    const backend = createBackend("qubes-builderv2", {
      work: join(directory, "work"),
      walls: "required",
      run: runProgram,
      environment,
      gpg: { path: "/bin/false", environment: {} },
      signer: () => ({ sign: () => Promise.reject(new Error("nothing is signed here")) }),
      repositories: () => ({ publish: async () => no(refusal("REPOSITORY_UNKNOWN", "", "nothing is published here")) }),
      upload: async () => undefined,
    });
    const ports = {
      sources: createSources({ root: join(directory, "git"), environment, limitMs: 60_000 }),
      backend,
      logs: new FakeLogService(),
      shelf: { standing: async () => [] },
      records: store.builds,
      now: () => new Date(),
      report: async () => undefined,
      pin: async () => undefined,
    };
    const times: number[] = [];
    for (let run = 0; run <= runs; run++) {
      source.commit(`version ${run}`, { ...files, version: `1.${run}\n` });
      source.tag({ name: `v1.${run}`, key });
      rmSync(join(directory, "artifacts"), { recursive: true, force: true });
      runTool("git", ["clone", "--quiet", source.directory, join(directory, "artifacts/sources/hello")]);
      const started = performance.now();
      const { kind, summary } = await runBuild(
        {
          job: String(run),
          trace: null,
          askedBy: { kind: "push" },
          environment: parseQubeName("build-bench") as QubeName,
          builder,
          component: componentOf(builder, "hello"),
          commit: null,
          distributions: null,
          signal: new AbortController().signal,
        },
        ports,
      );
      if (kind !== "done") throw new Error(`the build ended ${kind}: ${summary}`);
      // The first warms up.
      if (run > 0) times.push((performance.now() - started) / distributions.length);
    }
    await store.database.close();
    const note = `a push for ${distributions.length} distributions, fetch and verification included, 5 stages each that do nothing`;
    const goal = { on: "value", op: "<=", than: 300 } as const;
    return { value: median(times), unit: "ms", goal, baseline: null, ratio: null, note };
  } finally {
    source.remove();
    gpg.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The group `build`. */
export const figures: readonly Figure[] = [{ name: "build.overhead", measure: overhead }];
