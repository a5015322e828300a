import { no, type Release, type Result } from "../../domain/index.ts";
import type { ConfigurationProblem, Place } from "../../formats/builder-yml/index.ts";
import type { LoadedConfiguration } from "./load-builder.ts";

/** Asks a v1 builder's Makefile for its configuration. */
export async function loadVersionOneConfiguration(builder: {
  readonly directory: string;
  readonly at: Place;
  readonly release: Release;
}): Promise<Result<LoadedConfiguration, readonly ConfigurationProblem[]>> {
  return no([{ ...builder.at, message: `${builder.directory}: v1 builders are not read yet` }]);
}
