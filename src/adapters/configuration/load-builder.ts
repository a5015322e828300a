import { resolve } from "node:path";
import { no, ok, type Result } from "../../domain/index.ts";
import {
  type BuilderConfiguration,
  type ConfigurationProblem,
  understandConfiguration,
} from "../../formats/builder-yml/index.ts";
import { type IncludeRoot, readTree } from "./read-tree.ts";
import { UnchangedFiles } from "./unchanged.ts";

/** How a configuration's files are found. */
export interface LoadOptions {
  /** The builder's directory: relative paths (`artifacts-dir`, `key-dirs`) start there. */
  readonly directory: string;
  readonly includeRoots: readonly IncludeRoot[];
}

/** A configuration with its paths made absolute, and the files that it was read from. */
export interface LoadedConfiguration {
  readonly configuration: BuilderConfiguration;
  readonly files: readonly string[];
}

const unchanged = new UnchangedFiles<LoadedConfiguration>();

/** Reads a builder.yml with its includes from disk; what was read before stands where none of the files has changed since. */
export function loadBuilderConfiguration(
  file: string,
  options: LoadOptions,
): Result<LoadedConfiguration, readonly ConfigurationProblem[]> {
  const key = JSON.stringify([file, options]);
  const kept = unchanged.find(key);
  if (kept !== null) return ok(kept);
  const tree = readTree(file, options.includeRoots);
  if (!tree.ok) return tree;
  const understood = understandConfiguration(tree.value.tree);
  if (!understood.ok) return no(understood.error);
  const { artifactsDir, keyDirs } = understood.value;
  const here = (path: string): string => resolve(options.directory, path);
  const loaded: LoadedConfiguration = {
    configuration: { ...understood.value, artifactsDir: here(artifactsDir), keyDirs: keyDirs.map(here) },
    files: tree.value.files.map((stamp) => stamp.file),
  };
  unchanged.keep(key, tree.value.files, loaded, Date.now());
  return ok(loaded);
}
