import { z } from "zod";
import { AdapterError } from "../../domain/index.ts";
import type { StatusData } from "../../status/index.ts";
import { type ConfigurationFile, readConfiguration, resolvePath } from "../configuration.ts";
import { withProgress } from "./progress.ts";
import { readSignedStatus, type StatusSource } from "./status-source.ts";

/** Options that every command which looks at published status data takes. */
export const statusOptions = {
  config: { type: "string" },
  data: { type: "string" },
  keys: { type: "string" },
  "max-age": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** What the options of {@link statusOptions} were given. */
export interface StatusOptionValues {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly keys?: string | undefined;
  readonly "max-age"?: string | undefined;
}

const section = z.strictObject({
  data: z.string().min(1),
  keys: z.string().min(1),
  "max-age-hours": z.number().positive().default(24),
});

/** The flags, and for what they leave out the section `status:` of the configuration. Throws AdapterError `CONFIGURATION`. */
function statusSource(values: StatusOptionValues, environment: NodeJS.ProcessEnv): StatusSource {
  const hours = values["max-age"] === undefined ? null : Number(values["max-age"]);
  if (hours !== null && !(hours > 0)) throw new AdapterError("CONFIGURATION", "--max-age is a number of hours");
  if (values.data !== undefined && values.keys !== undefined) {
    return { data: values.data, keys: values.keys, maxAgeHours: hours ?? 24 };
  }
  const configuration = configurationOrHint(values, environment);
  const read = configuration.section("status", section);
  const at = (path: string): string => resolvePath(configuration, environment, path);
  return {
    data: values.data ?? (/^https?:/.test(read.data) ? read.data : at(read.data)),
    keys: values.keys ?? at(read.keys),
    maxAgeHours: hours ?? read["max-age-hours"],
  };
}

/** Whoever has no configuration can say all of it. */
function configurationOrHint({ config }: StatusOptionValues, environment: NodeJS.ProcessEnv): ConfigurationFile {
  try {
    return readConfiguration(config, environment);
  } catch (error) {
    if (!(error instanceof AdapterError) || config !== undefined) throw error;
    throw new AdapterError(error.code, `${error.message}, or say --data FILE|URL and --keys FILE|DIR`, error);
  }
}

/** The data that the options and the configuration name, believed. Throws AdapterError with what to do. */
export function publishedStatus(
  values: StatusOptionValues,
  environment: NodeJS.ProcessEnv,
  now: Date,
): Promise<StatusData> {
  const source = statusSource(values, environment);
  return withProgress("fetches the status data", process.stderr, () => readSignedStatus(source, now));
}

/** How wide a table may be, and whether it may have colours: only on a terminal, and not against NO_COLOR. */
export function tableStyle(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: NodeJS.ProcessEnv,
) {
  const colours = stream.isTTY === true && (environment["NO_COLOR"] ?? "") === "" ? "on" : "off";
  return { width: stream.columns ?? 100, colours } as const;
}

/** The names of `A,B`; null where the option was not given. */
export function namesIn(option: string | undefined): readonly string[] | null {
  return option?.split(/[, ]+/).filter((name) => name !== "") ?? null;
}
