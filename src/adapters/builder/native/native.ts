import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Backend, BackendRun, BackendStage, BuildTask, JobLog, PackageFile } from "../../../build/ports.ts";
import { AdapterError, type CommitSha } from "../../../domain/index.ts";
import type { RunProgram } from "../../processes/index.ts";
import { buildArch, prepareArch } from "./arch.ts";
import { collectPackages, describePackage } from "./collect.ts";
import { buildDeb, prepareDeb } from "./deb.ts";
import { findRecipes, type Recipes } from "./recipes.ts";
import { buildRpm, prepareRpm } from "./rpm.ts";
import { findWalls, type WallKind, type WallRule } from "./wall.ts";
import { closeWorkshop, openWorkshop, removeStaleWorkshops, type Workshop } from "./workshop.ts";

/** What the native back-end is given of the rest of the agent: everything after the walls is trusted and not its own. */
export interface NativeOptions {
  /** Builds' directories lie here; the agent's own, and gone with each build. */
  readonly work: string;
  readonly walls: WallRule;
  /** How the walls are put up. */
  readonly run: RunProgram;
  /** For the agent's own tools, not for the builds. */
  readonly environment: Readonly<Record<string, string>>;
  /** Signs package files in place (rpm) or beside them (arch); answers the files that are then to be published. */
  readonly sign: (
    task: BuildTask,
    files: readonly string[],
    log: JobLog,
    signal: AbortSignal,
  ) => Promise<readonly string[]>;
  readonly publish: (task: BuildTask, files: readonly string[], log: JobLog, signal: AbortSignal) => Promise<void>;
  readonly upload: (task: BuildTask, log: JobLog, signal: AbortSignal) => Promise<void>;
}

/** What trying found, by the directory that it was tried in: a machine does not change its walls under a program. */
const wallsFound = new Map<string, Promise<WallKind>>();

/** Builds with this machine's own rpmbuild and dpkg-buildpackage, behind walls. */
export function createNativeBackend(options: NativeOptions): Backend {
  const known = new Map<string, Awaited<ReturnType<typeof findRecipes>>>();

  const recipes = async (task: BuildTask): Promise<Recipes> => {
    const found = await look(known, task);
    if (found.ok) return found.value;
    throw new AdapterError("UNEXPECTED_ANSWER", found.error);
  };
  const wallsHere = (): Promise<WallKind> => {
    const probe = join(options.work, "walls");
    const walls =
      wallsFound.get(probe) ??
      prepare(options, probe).catch((error: unknown) => {
        // Tried again for the next build: whoever mends the machine need not restart the agent.
        wallsFound.delete(probe);
        throw error;
      });
    wallsFound.set(probe, walls);
    return walls;
  };

  return {
    withoutPackages: async (task) => {
      const { type } = task.distribution;
      if (type === "gentoo" || type === "windows") return notBuilt(task);
      const found = await look(known, task);
      // A recipe that cannot be read is no reason for silence: the build is begun, and fails with that.
      return found.ok && found.value.build.length === 0 ? `no packages for ${task.distribution.name}` : null;
    },
    open: async (task, log) => {
      const upload: BackendStage = { name: "upload", run: (signal) => options.upload(task, log, signal) };
      if (task.begin === "published") {
        return { stages: [upload], packages: async () => [], close: async () => undefined };
      }
      return openBuild(options, task, log, { recipes, wallsHere, upload });
    },
  };
}

/** What is done once, before the first build of this program. */
async function prepare(options: NativeOptions, probe: string): Promise<WallKind> {
  const walls = await findWalls(options.walls, probe, options.environment, options.run);
  await removeStaleWorkshops(options.work, walls, options.run);
  return walls;
}

function notBuilt(task: BuildTask): string {
  return `the native back-end builds no ${task.distribution.type} packages`;
}

async function look(known: Map<string, Awaited<ReturnType<typeof findRecipes>>>, task: BuildTask) {
  const key = `${task.component.name} ${task.commit satisfies CommitSha} ${task.distribution.name}`;
  const found = known.get(key) ?? (await findRecipes(task.source, task.commit, task.distribution));
  if (known.size > 500) known.clear();
  known.set(key, found);
  return found;
}

interface Means {
  readonly recipes: (task: BuildTask) => Promise<Recipes>;
  readonly wallsHere: () => Promise<WallKind>;
  readonly upload: BackendStage;
}

async function openBuild(options: NativeOptions, task: BuildTask, log: JobLog, means: Means): Promise<BackendRun> {
  const walls = await means.wallsHere();
  if (walls === "none") log.note("WARNING: this build runs without walls, since it runs in the lab");
  const workshop = await openWorkshop({ root: options.work, walls, run: options.run }, task, log);
  const done = join(workshop.directory, "done");
  let files: readonly string[] = [];

  const aside = async <T>(use: (other: Workshop) => Promise<T>): Promise<T> => {
    const other = await openWorkshop({ root: options.work, walls, run: options.run }, task, log);
    try {
      return await use(other);
    } finally {
      await closeWorkshop(other);
    }
  };
  const prep = async (signal: AbortSignal): Promise<void> => {
    const { build, wantsNetwork } = await means.recipes(task);
    if (wantsNetwork)
      throw new AdapterError("CONFIGURATION", "its sources come from the network, which native does not fetch");
    switch (task.distribution.type) {
      case "rpm":
        return prepareRpm(workshop, build, signal, aside);
      case "deb":
        return prepareDeb(workshop);
      case "archlinux":
        return prepareArch(workshop, build[0] ?? ".", signal, aside);
      case "gentoo":
      case "windows":
        throw new AdapterError("CONFIGURATION", notBuilt(task));
    }
  };
  const build = async (signal: AbortSignal): Promise<void> => {
    const recipes = await means.recipes(task);
    if (task.distribution.type === "rpm") await buildRpm(workshop, recipes.build, signal);
    else if (task.distribution.type === "archlinux") await buildArch(workshop, signal);
    else await buildDeb(workshop, signal);
    files = collectPackages(join(workshop.build, "out"), done);
    if (files.length === 0) throw new AdapterError("UNEXPECTED_ANSWER", "the build succeeded and made no package");
  };
  const sign = async (signal: AbortSignal): Promise<void> => {
    files = await options.sign(task, files, log, signal);
  };
  return {
    stages: [
      { name: "prep", run: prep },
      { name: "build", run: build },
      { name: "sign", run: sign },
      { name: "publish", run: (signal) => options.publish(task, files, log, signal) },
      means.upload,
    ],
    packages: async (): Promise<readonly PackageFile[]> => files.map(describePackage),
    close: async () => {
      await closeWorkshop(workshop);
      rmSync(workshop.directory, { recursive: true, force: true });
    },
  };
}
