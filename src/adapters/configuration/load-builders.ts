import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { AdapterError, type Release } from "../../domain/index.ts";
import {
  type BuilderConfiguration,
  type BuilderLine,
  type ConfigurationProblem,
  parseBuildersList,
} from "../../formats/builder-yml/index.ts";
import { loadBuilderConfiguration } from "./load-builder.ts";
import { loadVersionOneConfiguration } from "./load-v1.ts";
import type { IncludeRoot } from "./read-tree.ts";

/** A builder whose configuration is understood. */
export interface LoadedBuilder {
  readonly release: Release;
  /** Absolute; its `builder.lock` is what jobs hold. */
  readonly directory: string;
  /** builder.yml, absolute; null for a v1 builder. */
  readonly configurationFile: string | null;
  readonly configuration: BuilderConfiguration;
  /** What it was read from: the same bytes are the same configuration. Empty where it was asked of a program. */
  readonly files: readonly string[];
}

/** A builder whose configuration does not load: it grants nothing and builds nothing, and its problems are an alarm. */
interface BrokenBuilder {
  readonly release: Release;
  readonly directory: string;
  readonly problems: readonly ConfigurationProblem[];
}

/** What builders.list led to. */
export interface LoadedBuilders {
  readonly builders: readonly LoadedBuilder[];
  readonly broken: readonly BrokenBuilder[];
  /** All that is wrong: of the list itself and of each broken builder. Empty is the good case. */
  readonly problems: readonly ConfigurationProblem[];
}

/** How builders are loaded. */
export interface LoadBuildersOptions {
  readonly includeRoots: readonly IncludeRoot[];
  /** For v1's make; the system's own tools unless said. */
  readonly environment?: Readonly<Record<string, string>>;
}

const defaultEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8" };

async function load(line: BuilderLine, options: LoadBuildersOptions): Promise<LoadedBuilder | BrokenBuilder> {
  const directory = resolve(dirname(line.at.file), line.directory);
  const { release } = line;
  const configurationFile = line.configurationFile === null ? null : resolve(directory, line.configurationFile);
  const loaded =
    configurationFile === null
      ? await loadVersionOneConfiguration({
          directory,
          at: line.at,
          release,
          environment: options.environment ?? defaultEnvironment,
        })
      : loadBuilderConfiguration(configurationFile, { directory, includeRoots: options.includeRoots });
  if (!loaded.ok) return { release, directory, problems: loaded.error };
  const { configuration, files } = loaded.value;
  if (configuration.release !== release) {
    const message = `the line says ${release}, ${configurationFile ?? directory} says ${configuration.release}`;
    return { release, directory, problems: [{ ...line.at, message }] };
  }
  return { release, directory, configurationFile, configuration, files };
}

/**
 * Loads every builder of builders.list. One that is wrong does not stop the others. Read anew at each call, so that a
 * grant taken away counts from the next command on. Throws AdapterError `CONFIGURATION` where the list cannot be read.
 */
export async function loadBuilders(buildersList: string, options: LoadBuildersOptions): Promise<LoadedBuilders> {
  let text: string;
  try {
    text = readFileSync(buildersList, "utf8");
  } catch (error) {
    throw new AdapterError("CONFIGURATION", `${buildersList} cannot be read`, error);
  }
  const list = parseBuildersList(resolve(buildersList), text);
  const all = await Promise.all(list.lines.map((line) => load(line, options)));
  const builders = all.filter((builder) => "configuration" in builder);
  const broken = all.filter((builder) => "problems" in builder);
  return { builders, broken, problems: [...list.problems, ...broken.flatMap((builder) => builder.problems)] };
}
