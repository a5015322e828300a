import { readFileSync } from "node:fs";
import { type LoadedBuilder, type LoadedBuilders, loadBuilders } from "../../adapters/configuration/index.ts";
import { AdapterError, type Release } from "../../domain/index.ts";
import { renderProblem } from "../../formats/builder-yml/index.ts";
import type { BuilderLine } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import type { AgentSettings } from "./settings.ts";

/** What builders.list names now. */
export interface Builders {
  readonly loaded: readonly LoadedBuilder[];
  /** Releases of builders whose configuration does not load: nothing is granted there. */
  readonly broken: readonly Release[];
}

/** Reads builders.list and what it names, anew at each call: a grant that was taken away counts from now on. */
export type BuildersSource = () => Promise<Builders>;

/**
 * The builders whose configuration loads. One that does not load grants nothing, and says so in the log each time: it is an
 * alarm, and `doctor` shows the same. Every file is read anew each time; only what has not changed by a byte is not parsed anew, which
 * for real configurations would take longer than all of the verification.
 */
export function buildersSource(settings: AgentSettings, log: Logger): BuildersSource {
  const includeRoots = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  let last: { readonly bytes: ReadonlyMap<string, Buffer>; readonly builders: Builders } | null = null;
  const load = async (): Promise<LoadedBuilders | null> => {
    try {
      return await loadBuilders(settings["builders-list"], { includeRoots });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      log.error({ alarm: "configuration", err: error }, "no builder is served: builders.list cannot be read");
      return null;
    }
  };
  return async () => {
    if (last !== null && isUnchanged(last.bytes)) return last.builders;
    last = null;
    const first = await load();
    if (first === null) return { loaded: [], broken: [] };
    for (const problem of first.problems) {
      log.error({ alarm: "configuration", problem: renderProblem(problem) }, "a builder's configuration is wrong");
    }
    const bytes = bytesOf(settings["builders-list"], first);
    if (bytes === null) return buildersOf(first);
    // Loaded once more between two looks at the bytes: a grant that is being taken away in this very moment must not be
    // kept under the bytes that take it away.
    const second = await load();
    if (second === null) return { loaded: [], broken: [] };
    const builders = buildersOf(second);
    if (second.problems.length === 0 && isUnchanged(bytes)) last = { bytes, builders };
    return builders;
  };
}

function buildersOf({ builders, broken }: LoadedBuilders): Builders {
  return { loaded: builders, broken: broken.map(({ release }) => release) };
}

/** The bytes of every file that the builders came from; null where they cannot be held against what will be there later. */
function bytesOf(list: string, { builders, problems }: LoadedBuilders): Map<string, Buffer> | null {
  if (problems.length > 0 || builders.some(({ files }) => files.length === 0)) return null;
  const bytes = new Map<string, Buffer>();
  for (const file of [list, ...builders.flatMap(({ files }) => files)]) {
    const content = readOrNull(file);
    if (content === null) return null;
    bytes.set(file, content);
  }
  return bytes;
}

function isUnchanged(bytes: ReadonlyMap<string, Buffer>): boolean {
  return [...bytes].every(([file, before]) => readOrNull(file)?.equals(before) ?? false);
}

function readOrNull(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    // Whoever loads it says what is wrong with it.
    return null;
  }
}

/** The builder's line as jobs keep it. */
export function lineOf({ release, directory, configurationFile }: LoadedBuilder): BuilderLine {
  return configurationFile === null ? `${release}=${directory}` : `${release}=${directory}=${configurationFile}`;
}

/** The queue of a builder: builders that share a DIRECTORY share it. */
export function queueOf({ directory }: LoadedBuilder): string {
  return directory;
}
