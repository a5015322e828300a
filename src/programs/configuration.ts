/**
 * The configuration file that the programs share: YAML with a section a program. The loader finds and parses the file; a
 * section is validated by the program whose it is, so that one program's mistake does not stop another.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isMap, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { AdapterError } from "../domain/index.ts";

/** What of the environment the loader looks at: `RELEASE_BOT_CONFIG`, `HOME`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration file, parsed as YAML; its sections are still to be validated. */
export interface ConfigurationFile {
  /** Absolute. */
  readonly file: string;
  /** Whether the file has such a section. */
  has(name: string): boolean;
  /** Validates one section. Throws AdapterError `CONFIGURATION`, naming file, line and key. A missing section is an error. */
  section<Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema>;
  /** The same, or null where the file has no such section. */
  optionalSection<Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> | null;
}

/** `--config FILE`, else `RELEASE_BOT_CONFIG`, else `~/.config/release-bot/config.yml`. */
export function configurationPath(option: string | undefined, environment: Environment): string {
  const chosen = option ?? environment["RELEASE_BOT_CONFIG"];
  return resolve(chosen ?? join(environment["HOME"] ?? "/", ".config/release-bot/config.yml"));
}

/** Reads and parses the file. Throws AdapterError `CONFIGURATION` with the line of a mistake in the YAML. */
export function readConfiguration(option: string | undefined, environment: Environment): ConfigurationFile {
  const file = configurationPath(option, environment);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: cannot be read; name another with --config FILE`, cause);
  }
  return parseConfiguration(file, text);
}

/** Parses the text of a configuration file; `file` is for messages, and what relative paths start from. */
export function parseConfiguration(file: string, text: string): ConfigurationFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const mistake = document.errors[0];
  if (mistake !== undefined) {
    throw new AdapterError("CONFIGURATION", `${file}:${lines.linePos(mistake.pos[0]).line}: ${mistake.message}`);
  }
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: aliases (*NAME) are not taken`, cause);
  }
  const sections = z.record(z.string(), z.unknown()).safeParse(tree);
  if (!sections.success) throw new AdapterError("CONFIGURATION", `${file}: a map with a section a program is expected`);

  const lineOf = (path: readonly PropertyKey[]): number => {
    let line = 1;
    for (let depth = 1; depth <= path.length; depth++) {
      const parent = document.getIn(path.slice(0, depth - 1), true);
      const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === String(path[depth - 1])) : undefined;
      const node: unknown = pair === undefined ? document.getIn(path.slice(0, depth), true) : pair.key;
      const range = (node as { range?: readonly number[] } | undefined)?.range;
      if (range?.[0] === undefined) break;
      line = lines.linePos(range[0]).line;
    }
    return line;
  };

  const validate = <Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> => {
    const result = schema.safeParse(sections.data[name] ?? {});
    if (result.success) return result.data;
    const said = result.error.issues.map((issue) => {
      const path = [name, ...issue.path];
      return `${file}:${lineOf(path)}: ${path.join(".")}: ${issue.message}`;
    });
    throw new AdapterError("CONFIGURATION", said.join("\n"));
  };

  return {
    file,
    has: (name) => sections.data[name] !== undefined,
    section: (name, schema) => {
      if (sections.data[name] === undefined) {
        throw new AdapterError("CONFIGURATION", `${file}: has no section '${name}:'`);
      }
      return validate(name, schema);
    },
    optionalSection: (name, schema) => (sections.data[name] === undefined ? null : validate(name, schema)),
  };
}

/** A path in a section: `~/` is the home directory, a relative one starts from the configuration file's directory. */
export function resolvePath(configuration: ConfigurationFile, environment: Environment, path: string): string {
  if (path === "~" || path.startsWith("~/")) return join(environment["HOME"] ?? "/", path.slice(1));
  return resolve(dirname(configuration.file), path);
}

/** `qrexec:`, for all programs: how calls leave this qube, and where its services listen. */
const qrexecSection = z.strictObject({
  transport: z.enum(["qubes", "local"]),
  /** The broker's socket; only for `local`. */
  socket: z.string().min(1).optional(),
  "services-dir": z.string().min(1).default("/usr/local/etc/qubes-rpc"),
});

/** Which of the settings of {@link qrexecSection} hold, paths absolute. */
export type QrexecSettings =
  | { readonly transport: "qubes"; readonly servicesDirectory: string }
  | { readonly transport: "local"; readonly socket: string; readonly servicesDirectory: string };

/** Reads `qrexec:`. Throws AdapterError `CONFIGURATION`. */
export function qrexecSettings(configuration: ConfigurationFile, environment: Environment): QrexecSettings {
  const section = configuration.section("qrexec", qrexecSection);
  const servicesDirectory = resolvePath(configuration, environment, section["services-dir"]);
  if (section.transport === "qubes") return { transport: "qubes", servicesDirectory };
  if (section.socket === undefined) {
    throw new AdapterError("CONFIGURATION", `${configuration.file}: qrexec.socket: needed with transport local`);
  }
  return {
    transport: "local",
    socket: resolvePath(configuration, environment, section.socket),
    servicesDirectory,
  };
}
