import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { type IncludeRoot, loadBuilderConfiguration, loadBuilders } from "../../../adapters/configuration/index.ts";
import { loadTrustedKeys, type TrustedKeysSettings } from "../../../adapters/verifier/index.ts";
import type { Environment as Grants, KnownNames } from "../../../authority/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import { renderProblem } from "../../../formats/builder-yml/index.ts";
import { reportKeys, type TrustedKeys } from "../../../signed/index.ts";
import { agentSettings } from "../../agent/settings.ts";
import { type ConfigurationFile, type Environment, readConfiguration } from "../../configuration.ts";

/** What a message is judged by. */
export interface Basis {
  readonly keys: TrustedKeys;
  readonly maxAgeDays: number;
  /** Null without a configuration: then grants are not judged. */
  readonly grants: Grants | null;
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
const notJudged =
  "whether the commit stands in testing long enough, and what has run already, is only known in the build qube";

/** Loads keys and configuration. Throws AdapterError `CONFIGURATION`. */
export async function loadBasis(wish: BasisWish): Promise<Basis> {
  const chosen = wish.config === null ? null : await loadConfiguration(wish.config, wish);
  const settings = wish.keys === null ? chosen?.keys : keysAt(wish.keys);
  if (settings === undefined || settings === null) {
    throw new AdapterError("CONFIGURATION", "who is trusted? Name the keys with --keys, or a configuration that does");
  }
  const keys = await loadTrustedKeys(settings);
  const bad = (await reportKeys(keys, wish.now)).filter(({ standing }) => standing !== "good");
  const notes = bad.map(({ message }) => `note: ${message}`);
  notes.push(
    chosen === null
      ? "not judged: what the signer is granted, and the state of the repositories (no --config was given)"
      : `not judged: ${notJudged}`,
  );
  return { keys, maxAgeDays: chosen?.maxAgeDays ?? 7, grants: chosen?.grants ?? null, notes };
}

interface Chosen {
  readonly keys: TrustedKeysSettings | null;
  readonly maxAgeDays: number;
  readonly grants: Grants;
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
  return { keys: null, maxAgeDays: 7, grants: { builders: [loaded.value.configuration], known: nobodyElse } };
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
