import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildTask, JobLog } from "../../../build/ports.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { RunProgram } from "../../processes/index.ts";
import { insidePath, runWalled, type WallKind } from "./wall.ts";

/** What the directories of builds begin with. */
const prefix = "b-";

/** One distribution's directory while it is built. */
export interface Workshop {
  readonly task: BuildTask;
  readonly log: JobLog;
  readonly walls: WallKind;
  readonly run: RunProgram;
  /** Outside: what the agent itself writes and reads. */
  readonly directory: string;
  /** Outside: what the build sees as {@link inside}. */
  readonly build: string;
  /** Inside: `/build`. */
  readonly inside: string;
  /** Seconds since the epoch: the commit's time, which is now for the build. */
  readonly epoch: number;
}

/** Where workshops are, and how what is done in them is run. */
export interface WorkshopPlace {
  readonly root: string;
  readonly walls: WallKind;
  readonly run: RunProgram;
}

/**
 * Makes the directory; `root` is the back-end's own and nobody else's. Once a tool has run in it, the agent writes nothing
 * there any more: where a directory was, the package's author may have put a link.
 */
export async function openWorkshop(
  { root, walls, run }: WorkshopPlace,
  task: BuildTask,
  log: JobLog,
): Promise<Workshop> {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const directory = mkdtempSync(join(root, prefix));
  const build = join(directory, "build");
  for (const name of ["home", "sources", "out", "recipe"]) mkdirSync(join(build, name), { recursive: true });
  const epoch = await task.source.time(task.commit);
  return { task, log, walls, run, directory, build, inside: insidePath(walls, directory), epoch };
}

/** Removes the directory. What a build without root made belongs to a subordinate id, so it is removed behind the walls. */
export async function closeWorkshop({
  walls,
  run,
  directory,
}: Pick<Workshop, "walls" | "run" | "directory">): Promise<void> {
  if (walls === "subordinate") {
    await runWalled({
      kind: walls,
      run,
      directory,
      begin: ".",
      program: "find",
      args: [insidePath(walls, directory), "-mindepth", "1", "-delete"],
      environment: toolEnvironment,
      signal: AbortSignal.timeout(120_000),
      onOutput: () => undefined,
    });
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Removes what a killed agent left. Only before the first build of this program: then nobody works in any of them. */
export async function removeStaleWorkshops(root: string, walls: WallKind, run: RunProgram): Promise<void> {
  for (const name of readdirSync(root)) {
    if (name.startsWith(prefix)) await closeWorkshop({ walls, run, directory: join(root, name) });
  }
}

/** The same for every build, wherever it runs. */
const toolEnvironment = { PATH: "/usr/bin:/usr/sbin:/bin:/sbin", LC_ALL: "C.UTF-8", TZ: "UTC" };

/** A file for the build, below its directory: written before anything of the package has run, so no link lies there. */
export function place(workshop: Workshop, path: string, content: string | Uint8Array): void {
  writeFileSync(join(workshop.build, path), content, { flag: "wx" });
}

/** A tool to run behind the walls. */
export interface Tool {
  readonly program: string;
  readonly args: readonly string[];
  /** Where below the build's directory; `.` unless said. */
  readonly begin?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a tool behind the walls, its output into the log. Throws AdapterError `EXIT_STATUS`. */
export async function runTool(workshop: Workshop, signal: AbortSignal, tool: Tool): Promise<void> {
  const { program, args } = tool;
  workshop.log.note(
    `runs ${[program, ...args]
      .join(" ")
      .replace(/[^\x20-\x7e]+/g, " ")
      .slice(0, 800)}`,
  );
  const { status, ended } = await runWalled({
    ...walled(workshop, signal, tool),
    onOutput: (chunk) => workshop.log.output(chunk),
  });
  if (ended !== null) throw new AdapterError("TIMEOUT", `${program} was ended before it was done`);
  if (status !== 0) {
    throw new AdapterError(
      "EXIT_STATUS",
      `${program} ended ${status === null ? "by a signal" : `with status ${status}`}`,
    );
  }
}

/** Runs a tool behind the walls for its answer, which is untrusted: whatever runs there, the package's author wrote. */
export async function askTool(workshop: Workshop, signal: AbortSignal, tool: Tool): Promise<string> {
  const kept: Uint8Array[] = [];
  let size = 0;
  const { status } = await runWalled({
    ...walled(workshop, signal, tool),
    onOutput: (chunk) => {
      size += chunk.length;
      if (size < 65_536) kept.push(chunk);
    },
  });
  const said = Buffer.concat(kept).toString("utf8");
  if (status === 0 && size < 65_536) return said;
  await workshop.log.output(Buffer.from(`${said.slice(-4000)}\n`));
  throw new AdapterError("EXIT_STATUS", `${tool.program} could not read the recipe`);
}

function walled(workshop: Workshop, signal: AbortSignal, { program, args, begin, environment }: Tool) {
  return {
    kind: workshop.walls,
    run: workshop.run,
    directory: workshop.directory,
    begin: begin ?? ".",
    program,
    args,
    environment: { ...toolEnvironment, SOURCE_DATE_EPOCH: String(workshop.epoch), ...environment },
    signal,
  };
}
