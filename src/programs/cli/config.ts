/** `release-bot config`: reads a builder.yml as the agent does, and says what is wrong with it or what was understood. */
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  type IncludeRoot,
  type LoadedConfiguration,
  loadBuilderConfiguration,
} from "../../adapters/configuration/index.ts";
import type { BuilderConfiguration } from "../../formats/builder-yml/index.ts";
import { renderProblem } from "../../formats/builder-yml/index.ts";

/** What `--help` says. */
export const help = `release-bot config check FILE          is this builder.yml, with its includes, understood? Names each mistake
release-bot config show [--json] FILE  what was understood: distributions, components, templates, who may do what

  --include-root OLD=NEW   reads an absolute include below OLD from below NEW instead (repeatable)
  --directory DIR          the builder's directory, where relative paths start; the file's own directory unless given

Example: release-bot config check ~/builder-r4.3/builder.yml
         release-bot config show --json builder.yml --include-root /home/user=/tmp/copy
Exit status 0 understood, 1 not, 2 wrong usage.
`;

const options = {
  "include-root": { type: "string", multiple: true },
  directory: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

function parseRoot(text: string): IncludeRoot | null {
  const at = text.indexOf("=");
  return at <= 0 || at === text.length - 1 ? null : { from: text.slice(0, at), to: resolve(text.slice(at + 1)) };
}

function wrong(message: string): number {
  process.stderr.write(`release-bot config: ${message}; 'release-bot config --help' says how\n`);
  return 2;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Checks or shows one builder.yml. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if (typeof parsed === "string") return wrong(parsed);
  const { values, positionals } = parsed;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [verb, file, ...more] = positionals;
  if ((verb !== "check" && verb !== "show") || file === undefined || more.length > 0)
    return wrong("check FILE or show FILE");
  const roots = (values["include-root"] ?? []).map(parseRoot);
  if (roots.includes(null)) return wrong("--include-root takes OLD=NEW");
  const path = resolve(file);
  const loaded = loadBuilderConfiguration(path, {
    directory: resolve(values.directory ?? dirname(path)),
    includeRoots: roots.filter((root) => root !== null),
  });
  if (!loaded.ok) {
    for (const problem of loaded.error) process.stderr.write(`${renderProblem(problem)}\n`);
    return 1;
  }
  process.stdout.write(
    verb === "check" ? summary(path, loaded.value) : show(loaded.value.configuration, values.json === true),
  );
  return 0;
}

function summary(path: string, { configuration, files }: LoadedConfiguration): string {
  const { release, distributions, components, templates, grants } = configuration;
  const counts = [
    `${distributions.length} distributions`,
    `${components.length} components`,
    `${templates.length} templates`,
    `${grants.size} signers`,
  ];
  return `${path}: understood, with ${files.length - 1} included files: ${release}, ${counts.join(", ")}\n`;
}

/** What was understood, `_all_` as it stands in the file. */
function understood(configuration: BuilderConfiguration) {
  const names = (items: readonly { readonly name: string }[]): string[] => items.map(({ name }) => name);
  const publish = Object.entries(configuration.repositoryPublish).filter(([, repository]) => repository !== null);
  return {
    release: configuration.release,
    distributions: names(configuration.distributions),
    components: names(configuration.components),
    templates: names(configuration.templates),
    grants: Object.fromEntries(configuration.grants),
    gitMaintainers: configuration.gitMaintainers,
    minAgeDays: configuration.minAgeDays,
    repositoryPublish: Object.fromEntries(publish),
    uploadTo: configuration.uploadTo,
    signKeys: configuration.signKeys,
  };
}

function show(configuration: BuilderConfiguration, json: boolean): string {
  const shown = understood(configuration);
  if (json) return `${JSON.stringify(shown, null, 2)}\n`;
  const list = (items: "_all_" | readonly string[]): string => (items === "_all_" ? "all" : items.join(" ") || "none");
  const grants = [...configuration.grants].map(([fingerprint, grant]) => {
    const also = (["iso", "hold", "unhold", "withdraw"] as const).filter((right) => grant[right]);
    const rights = [
      `components ${list(grant.components)}`,
      `distributions ${list(grant.distributions)}`,
      `templates ${list(grant.templates)}`,
      ...also,
    ];
    return `  ${fingerprint}: ${rights.join("; ")}`;
  });
  const map = (values: object): string =>
    Object.entries(values)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", ");
  return [
    `release            ${shown.release}`,
    `distributions      ${list(shown.distributions)}`,
    `components         ${list(shown.components)}`,
    `templates          ${list(shown.templates)}`,
    `signed by          ${list(shown.gitMaintainers)}`,
    `publishes to       ${map(shown.repositoryPublish)}`,
    `uploads to         ${map(shown.uploadTo)}`,
    `signs with         ${map(shown.signKeys)}`,
    `days in testing    ${shown.minAgeDays}`,
    "may command:",
    ...grants,
    "",
  ].join("\n");
}
