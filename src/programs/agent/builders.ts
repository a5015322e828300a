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
 * alarm, and `doctor` shows the same.
 */
export function buildersSource(settings: AgentSettings, log: Logger): BuildersSource {
  const includeRoots = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  return async () => {
    let loaded: LoadedBuilders;
    try {
      loaded = await loadBuilders(settings["builders-list"], { includeRoots });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      log.error({ alarm: "configuration", err: error }, "no builder is served: builders.list cannot be read");
      return { loaded: [], broken: [] };
    }
    for (const problem of loaded.problems) {
      log.error({ alarm: "configuration", problem: renderProblem(problem) }, "a builder's configuration is wrong");
    }
    return { loaded: loaded.builders, broken: loaded.broken.map(({ release }) => release) };
  };
}

/** The builder's line as jobs keep it. */
export function lineOf({ release, directory, configurationFile }: LoadedBuilder): BuilderLine {
  return configurationFile === null ? `${release}=${directory}` : `${release}=${directory}=${configurationFile}`;
}

/** The queue of a builder: builders that share a DIRECTORY share it. */
export function queueOf({ directory }: LoadedBuilder): string {
  return directory;
}
