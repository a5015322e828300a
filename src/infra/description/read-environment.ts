import { isScalar } from "yaml";
import { type Fingerprint, parseFingerprint, parseQubeName, parseRelease, type Release } from "../../domain/index.ts";
import { isEnvironmentName } from "../policy/plan.ts";
import type { BuilderDirectory, Environment, EnvironmentSettings } from "./infrastructure.ts";
import { readSettings, type SettingName, settingNames } from "./read-settings.ts";
import type { Tree, Value } from "./tree.ts";
import { parseBranch, parsePath, parseRelativePath, parseRepositoryWord, parseSize, parseUrl } from "./values.ts";

const names = ["builderv2", "volume-size", "logs", "windows", "builders-list", ...settingNames] as const;

/** Reads `build-envs`: environment name → what it is. */
export function readEnvironments(tree: Tree, value: Value | undefined, common: EnvironmentSettings): Environment[] {
  if (value === undefined) return [];
  return [...(tree.entries(value) ?? [])].flatMap(([name, entry]) => {
    if (isEnvironmentName(name)) return [readEnvironment(tree, name, entry, common)];
    tree.mistake(entry, `'${name}' cannot name an environment (its qubes are build-NAME and win-keys-NAME)`);
    return [];
  });
}

function readEnvironment(tree: Tree, name: string, value: Value, common: EnvironmentSettings): Environment {
  const fields = tree.fields(value, names);
  const logs = tree.parsed(fields.get("logs"), parseQubeName, "a qube's name");
  if (!fields.has("logs")) tree.mistake(value, "needs 'logs:', the name of its logs qube");
  const settings = new Map<SettingName, Value>();
  for (const setting of settingNames) {
    const entry = fields.get(setting);
    if (entry !== undefined) settings.set(setting, entry);
  }
  return {
    name,
    logs: logs ?? fallback,
    builderv2: tree.boolean(fields.get("builderv2"), false),
    windows: tree.boolean(fields.get("windows"), false),
    volumeSize: tree.parsed(fields.get("volume-size"), parseSize, "a size such as 100GiB"),
    builders: readBuilders(tree, fields.get("builders-list")),
    settings: readSettings(tree, settings, common),
  };
}

const fallback = parseQubeName("logs") ?? ("" as never);

function readBuilders(tree: Tree, value: Value | undefined): BuilderDirectory[] {
  if (value === undefined) return [];
  return [...(tree.entries(value) ?? [])].flatMap(([name, entry]) => {
    const directory = parsePath(name);
    if (directory !== null) return [readBuilder(tree, directory, entry)];
    tree.mistake(entry, `'${name}' is not an absolute path`);
    return [];
  });
}

function readBuilder(tree: Tree, directory: string, value: Value): BuilderDirectory {
  const fields = tree.fields(value, ["release", "keys", "config"]);
  if (!fields.has("release")) tree.mistake(value, "needs 'release:'");
  const config = fields.get("config");
  const parts = config === undefined ? new Map() : tree.fields(config, ["file", "repository"]);
  const repository: Value | undefined = parts.get("repository");
  // A plain name stands for the repository of that name, at its usual place.
  const plain = isScalar(repository?.node) && typeof repository.node.value === "string";
  const from =
    repository === undefined || plain
      ? new Map<"component", Value>(repository === undefined ? [] : [["component", repository]])
      : tree.fields(repository, ["baseurl", "component", "branch", "maintainers"]);
  const at = (name: string): Value | undefined => (from as ReadonlyMap<string, Value>).get(name);
  return {
    directory,
    release: tree.parsed(fields.get("release"), parseReleaseNumber, "a release such as 4.3") ?? ("devel" as Release),
    keys: tree.list(fields.get("keys"), parseKey, "a fingerprint of 40 hex digits"),
    file: tree.parsed(parts.get("file"), parseRelativePath, "a path in the configuration's repository"),
    source: {
      baseUrl: tree.parsed(at("baseurl"), parseUrl, "a web address") ?? "https://github.com/QubesOS/qubes-",
      component: tree.parsed(at("component"), parseRepositoryWord, "a repository's name") ?? "release-configs",
      branch: tree.parsed(at("branch"), parseBranch, "a branch") ?? "main",
      maintainers: readMaintainers(tree, at("maintainers")),
    },
  };
}

function readMaintainers(tree: Tree, value: Value | undefined): readonly Fingerprint[] {
  return tree.list(value, parseKey, "a fingerprint of 40 hex digits");
}

/** A fingerprint; `0x` before it and blanks in it, as gpg prints them, are dropped. */
function parseKey(untrusted: string): Fingerprint | null {
  return parseFingerprint(untrusted.replace(/^0x/, "").replaceAll(" ", ""));
}

/** Pillars write `4.3`, builders.list writes `r4.3`. */
function parseReleaseNumber(untrusted: string): Release | null {
  return parseRelease(/^[0-9]/.test(untrusted) ? `r${untrusted}` : untrusted);
}
