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

async function getVar(builder: VersionOneBuilder, name: string): Promise<string> {
  const said = await capture({
    program: "make",
    args: ["-s", "-C", builder.directory, "get-var", `GET_VAR=${name}`],
    directory: builder.directory,
    environment: { ...builder.environment, MAKEFLAGS: "" },
    limitMs,
  });
  return said.toString("utf8").trim();
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
    const all = (await getVar(builder, ".VARIABLES")).split(/\s+/);
    const values = await getVars(builder, [...versionOneVariables, ...wantedVariables(all)]);
    const understood = understandVersionOne(builder.at, values, maintainers(builder.directory));
    if (!understood.ok) return understood;
    const { keyDirs, artifactsDir } = understood.value;
    const here = (path: string): string => resolve(builder.directory, path);
    return ok({
      configuration: { ...understood.value, artifactsDir: here(artifactsDir), keyDirs: keyDirs.map(here) },
      files: [join(builder.directory, "builder.conf")],
    });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return no([{ ...builder.at, message: `${builder.directory}: ${error.message}` }]);
  }
}
