import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  AdapterError,
  type Fingerprint,
  no,
  ok,
  parseFingerprint,
  type Release,
  type Result,
} from "../../domain/index.ts";
import {
  type ConfigurationProblem,
  type Place,
  understandVersionOne,
  versionOneVariables,
  wantedVariables,
} from "../../formats/builder-yml/index.ts";
import { capture } from "../processes/index.ts";
import type { LoadedConfiguration } from "./load-builder.ts";

/** A v1 builder to ask. */
export interface VersionOneBuilder {
  readonly directory: string;
  /** Its line in builders.list: a Makefile has no better place to name. */
  readonly at: Place;
  readonly release: Release;
  readonly environment: Readonly<Record<string, string>>;
}

const limitMs = 60_000;
/** A configuration of real size has some 250 variables of ours; make takes milliseconds for each. */
const atOnce = 4;

/** Runs its Makefile's own way of telling a variable. Without NO_COLOR it would write a file of colours into its directory. */
function askMake({ directory, environment }: VersionOneBuilder, name: string, ...options: string[]): Promise<Buffer> {
  return capture({
    program: "make",
    args: ["-s", ...options, "-C", directory, "get-var", `GET_VAR=${name}`],
    directory,
    environment: { ...environment, MAKEFLAGS: "", NO_COLOR: "1" },
    limitMs,
  });
}

async function getVar(builder: VersionOneBuilder, name: string): Promise<string> {
  return (await askMake(builder, name)).toString("utf8").trim();
}

/** The names of all variables, by make's own print of its data base: the Makefile tells values, and no names. */
async function variableNames(builder: VersionOneBuilder): Promise<readonly string[]> {
  const printed = (await askMake(builder, "RELEASE", "-p", "-n")).toString("latin1");
  const defined = printed.matchAll(/^(?:define )?([A-Za-z_][A-Za-z0-9_]*)(?: [:?+]{0,3}= |$)/gm);
  // The data base is in no order.
  return [...defined].flatMap(([, name]) => name ?? []).sort();
}

async function getVars(builder: VersionOneBuilder, names: readonly string[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (let index = 0; index < names.length; index += atOnce) {
    const some = names.slice(index, index + atOnce);
    const answers = await Promise.all(some.map((name) => getVar(builder, name)));
    for (const [at, name] of some.entries()) values.set(name, answers[at] ?? "");
  }
  return values;
}

/** v1 has no list of who may sign sources: whoever's key lies in the builder's `keys/` as FINGERPRINT.asc. */
function maintainers(directory: string): Fingerprint[] {
  try {
    return readdirSync(join(directory, "keys")).flatMap((name) => {
      const fingerprint = name.endsWith(".asc") ? parseFingerprint(name.slice(0, -".asc".length)) : null;
      return fingerprint ?? [];
    });
  } catch {
    // No directory, no maintainer: nothing that has to be signed verifies.
    return [];
  }
}

/** Asks a v1 builder's Makefile for its configuration. */
export async function loadVersionOneConfiguration(
  builder: VersionOneBuilder,
): Promise<Result<LoadedConfiguration, readonly ConfigurationProblem[]>> {
  try {
    const wanted = wantedVariables(await variableNames(builder));
    const values = await getVars(builder, [...new Set([...versionOneVariables, ...wanted])]);
    const understood = understandVersionOne(builder.at, values, maintainers(builder.directory));
    if (!understood.ok) return understood;
    const { keyDirs, artifactsDir } = understood.value;
    const here = (path: string): string => resolve(builder.directory, path);
    return ok({
      configuration: { ...understood.value, artifactsDir: here(artifactsDir), keyDirs: keyDirs.map(here) },
      // What a Makefile reads (files, the environment, other programs) only make knows: it is asked each time.
      files: [],
    });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return no([{ ...builder.at, message: `${builder.directory}: ${error.message}` }]);
  }
}
