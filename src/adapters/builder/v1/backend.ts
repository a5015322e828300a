import { join } from "node:path";
import type {
  Backend,
  BackendRun,
  BackendStage,
  BuildTask,
  ImageBackend,
  ImageTask,
  JobLog,
} from "../../../build/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { RunProgram } from "../../processes/index.ts";
import { findRecipes } from "../native/recipes.ts";
import { runBuilderTool } from "../tool-stage.ts";

/** What builder v1 is run with. */
export interface BuilderV1Options {
  readonly environment: Readonly<Record<string, string>>;
  readonly signing: Readonly<Record<string, string>>;
  readonly run: RunProgram;
}

/** v1 asks by its environment which distributions a run is for; an empty word is none. */
function versionOneSelection({ component, distribution }: BuildTask): Record<string, string> {
  return {
    COMPONENTS: component.name,
    DISTS_VM: distribution.set === "vm" ? distribution.dist : "",
    DIST_DOM0: distribution.set === "host" ? distribution.dist : "",
  };
}

/**
 * Builds by builder v1. Its `auto-build` prepares, builds and signs in one; its repositories are updated, then uploaded,
 * by `update-repo-REPOSITORY`.
 */
export function createBuilderV1(options: BuilderV1Options): Backend & ImageBackend {
  return {
    withoutPackages: async (task) => {
      const text = await task.source.file(task.commit, "Makefile.builder");
      if (text !== null) return null;
      const found = await findRecipes(task.source, task.commit, task.distribution);
      return found.ok && found.value.build.length === 0 ? `no packages for ${task.distribution.name}` : null;
    },
    open: async (task, log) => open(options, task, log),
    openImage: async (task, log) => openTemplate(options, task, log),
  };
}

function open(options: BuilderV1Options, task: BuildTask, log: JobLog): BackendRun {
  const { directory } = task.builder;
  // auto-build signs too, so all of it reaches the signing client; v1's builds run in its own chroots and disposables.
  const environment = {
    ...options.environment,
    ...options.signing,
    ...versionOneSelection(task),
    RELEASE_BOT_LOG_SOCKET: log.socketPath,
    MAKEFLAGS: "",
  };
  const script =
    (name: string, args: readonly string[], more: Readonly<Record<string, string>>) => (signal: AbortSignal) =>
      runBuilderTool(
        {
          program: join(directory, "scripts", name),
          args,
          directory,
          run: options.run,
          daemons: name === "auto-build" ? "end" : "stay",
          environment: { ...environment, ...more },
        },
        log,
        signal,
      );
  const update = [`update-repo-${task.repository}`];
  const upload: BackendStage = { name: "upload", run: script("make-with-log", update, { MAKEREPO: "0", UPLOAD: "1" }) };
  const build: BackendStage = { name: "build", run: script("auto-build", [task.component.name], {}) };
  const publish: BackendStage = {
    name: "publish",
    run: script("make-with-log", update, { MAKEREPO: "1", UPLOAD: "0" }),
  };
  return {
    stages: task.begin === "published" ? [upload] : [build, publish, upload],
    packages: async () => [],
    close: async () => undefined,
  };
}

/** v1's `auto-build-template` builds, signs, publishes and uploads in one. It builds no ISO by itself. */
function openTemplate(options: BuilderV1Options, task: ImageTask, log: JobLog): BackendRun {
  if (task.kind === "iso") throw new AdapterError("CONFIGURATION", "a v1 builder builds no ISO on command");
  const { directory } = task.builder;
  const tool = {
    program: join(directory, "scripts/auto-build-template"),
    args: [task.template.name, task.timestamp],
    directory,
    run: options.run,
    daemons: "end" as const,
    environment: { ...options.environment, ...options.signing, RELEASE_BOT_LOG_SOCKET: log.socketPath, MAKEFLAGS: "" },
  };
  return {
    stages: [{ name: "build", run: (signal) => runBuilderTool(tool, log, signal) }],
    packages: async () => [],
    close: async () => undefined,
  };
}
