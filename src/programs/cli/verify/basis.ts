import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { type IncludeRoot, loadBuilderConfiguration, loadBuilders } from "../../../adapters/configuration/index.ts";
import { loadTrustedKeys, type TrustedKeysSettings } from "../../../adapters/verifier/index.ts";
import type { Environment as Grants, KnownNames } from "../../../authority/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import { renderProblem } from "../../../formats/builder-yml/index.ts";
import { reportKeys, type TrustedKeys } from "../../../signed/index.ts";
import { agentSettings } from "../../agent/settings.ts";
import { type ConfigurationFile, configurationPath, type Environment, readConfiguration } from "../../configuration.ts";
import type { BuildState } from "./build-state.ts";

/** What a message is judged by. */
export interface Basis {
  readonly keys: TrustedKeys;
  readonly maxAgeDays: number;
  /** Null without a configuration: then grants are not judged. */
  readonly grants: Grants | null;
  /** What the build qube knows besides; null anywhere else. To be closed. */
  readonly state: BuildState | null;
  /** Sentences about what could not be judged, and about keys that are no good. */
  readonly notes: readonly string[];
}

/** The words of the command line that choose it. */
export interface BasisWish {
  readonly keys: string | null;
  readonly config: string | null;
  /** `OLD=NEW` */
  readonly includeRoots: readonly string[];
  readonly environment: Environment;
  readonly now: Date;
}

/** At home nobody else answers, so whatever no builder here serves is explained instead of being left in silence. */
const nobodyElse: KnownNames = { releases: [], components: [], templates: [], distributions: [] };
const withoutConfiguration =
  "not judged: what the signer is granted, and the state of the repositories (no --config was given)";
const withoutState =
  "not judged: what has run already, and what stands in testing and for how long; only the build qube knows";
const withoutGithub = "not judged: whether the status issue is labelled 'buggy' (GitHub is not asked)";

/** Loads keys and configuration. Throws AdapterError `CONFIGURATION`. */
export async function loadBasis(wish: BasisWish): Promise<Basis> {
  const chosen = wish.config === null ? await inBuildQube(wish) : await loadConfiguration(wish.config, wish);
  const settings = wish.keys === null ? chosen?.keys : keysAt(wish.keys);
  if (settings === undefined || settings === null) {
    throw new AdapterError("CONFIGURATION", "who is trusted? Name the keys with --keys, or a configuration that does");
  }
  const keys = await loadTrustedKeys(settings);
  const bad = (await reportKeys(keys, wish.now)).filter(({ standing }) => standing !== "good");
  const notes = bad.map(({ message }) => `note: ${message}`);
  const state = (await chosen?.openState()) ?? null;
  notes.push(chosen === null ? withoutConfiguration : state === null ? withoutState : withoutGithub);
  return { keys, maxAgeDays: chosen?.maxAgeDays ?? 7, grants: chosen?.grants ?? null, state, notes };
}

interface Chosen {
  readonly keys: TrustedKeysSettings | null;
  readonly maxAgeDays: number;
  readonly grants: Grants;
  readonly openState: () => Promise<BuildState | null>;
}

/** In a build qube the agent's own configuration, where every program looks for it, as long as no other keys are named. */
async function inBuildQube({ keys, includeRoots, environment }: BasisWish): Promise<Chosen | null> {
  if (keys !== null || !existsSync(configurationPath(undefined, environment))) return null;
  const configuration = readConfiguration(undefined, environment);
  return configuration.has("agent") ? fromAgent(configuration, environment, includeRoots.map(parseRoot)) : null;
}

/** The agent's configuration, which names builders.list; or one builder.yml, as a maintainer has it at home. */
async function loadConfiguration(file: string, wish: BasisWish): Promise<Chosen> {
  const roots = wish.includeRoots.map(parseRoot);
  const configuration = readConfiguration(file, wish.environment);
  return configuration.optionalSection("agent", z.unknown()) === null
    ? fromBuilder(resolve(file), roots)
    : fromAgent(configuration, wish.environment, roots);
}

function fromBuilder(file: string, includeRoots: readonly IncludeRoot[]): Chosen {
  const loaded = loadBuilderConfiguration(file, { directory: dirname(file), includeRoots });
  if (!loaded.ok) throw new AdapterError("CONFIGURATION", loaded.error.map(renderProblem).join("\n"));
  return {
    keys: null,
    maxAgeDays: 7,
    grants: { builders: [loaded.value.configuration], known: nobodyElse },
    openState: async () => null,
  };
}

async function fromAgent(
  configuration: ConfigurationFile,
  environment: Environment,
  roots: readonly IncludeRoot[],
): Promise<Chosen> {
  const settings = agentSettings(configuration, environment);
  const named = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  const loaded = await loadBuilders(settings["builders-list"], { includeRoots: [...roots, ...named] });
  // A configuration that does not load grants nothing, in the agent as well as here; but here the reader wants to know.
  if (loaded.problems.length > 0) {
    throw new AdapterError("CONFIGURATION", loaded.problems.map(renderProblem).join("\n"));
  }
  return {
    keys: { directory: settings["trusted-keys"] ?? null, keyring: settings.keyring ?? null },
    maxAgeDays: settings["max-signature-age-days"],
    grants: { builders: loaded.builders.map((builder) => builder.configuration), known: nobodyElse },
    openState: async () => {
      const database = join(settings["state-dir"], "agent.db");
      if (!existsSync(database)) return null;
      // Loaded only where there is a state to look at: it brings the repositories' engines with it.
      const { openBuildState } = await import("./build-state.ts");
      return openBuildState({ database, settings, builders: loaded.builders });
    },
  };
}

function keysAt(path: string): TrustedKeysSettings {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${path}: cannot be read`, cause);
  }
  return isDirectory ? { directory: resolve(path), keyring: null } : { directory: null, keyring: resolve(path) };
}

function parseRoot(text: string): IncludeRoot {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    throw new AdapterError("CONFIGURATION", `--include-root: '${text}' is not OLD=NEW`);
  return { from: text.slice(0, at), to: resolve(text.slice(at + 1)) };
}
