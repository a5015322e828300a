import { isMap } from "yaml";
import type { EnvironmentSettings, Secret } from "./infrastructure.ts";
import type { Tree, Value } from "./tree.ts";
import { parseArmor, parseHost, parsePath, parseSecretWord, parseSlug, parseUrl } from "./values.ts";

/** The keys that can stand for all environments and for one. */
export const settingNames = [
  "iso_base_url",
  "openqa_server",
  "openqa_key",
  "openqa_secret",
  "github_api_key",
  "github_ssh_key",
  "mirror_ssh_key",
  "build_issues_repo",
  "key_gate_mode",
  "key_gate_window",
  "key_gate_server",
] as const;

/** One of {@link settingNames}. */
export type SettingName = (typeof settingNames)[number];

/** What holds where nothing is said. */
export const noSettings: EnvironmentSettings = {
  isoBaseUrl: null,
  openqa: null,
  githubApiKey: null,
  githubSshKey: null,
  mirrorSshKey: null,
  keyGate: { mode: "announce", windowSeconds: 900, server: null },
};

/** Reads the settings that are there; what is not comes from `common`. */
export function readSettings(
  tree: Tree,
  fields: ReadonlyMap<SettingName, Value>,
  common: EnvironmentSettings,
): EnvironmentSettings {
  const key = (name: SettingName, parse: typeof parseArmor, what: string): Secret | null =>
    readSecret(tree, fields.get(name), parse, what);
  const issues = fields.get("build_issues_repo");
  if (issues !== undefined && tree.parsed(issues, parseSlug, "OWNER/NAME") !== null) {
    tree.warning(issues, "has no effect: here a build that failed is told in its own status issue");
  }
  return {
    isoBaseUrl: tree.parsed(fields.get("iso_base_url"), parseUrl, "a web address") ?? common.isoBaseUrl,
    openqa: readOpenqa(tree, fields) ?? common.openqa,
    githubApiKey: key("github_api_key", parseSecretWord, "an API key on one line") ?? common.githubApiKey,
    githubSshKey: key("github_ssh_key", parseArmor, "a private key in armor") ?? common.githubSshKey,
    mirrorSshKey: key("mirror_ssh_key", parseArmor, "a private key in armor") ?? common.mirrorSshKey,
    keyGate: readKeyGate(tree, fields, common.keyGate),
  };
}

function readKeyGate(
  tree: Tree,
  fields: ReadonlyMap<SettingName, Value>,
  common: EnvironmentSettings["keyGate"],
): EnvironmentSettings["keyGate"] {
  const modeField = fields.get("key_gate_mode");
  const mode = tree.parsed(modeField, parseMode, "announce or log");
  if (modeField !== undefined && mode === "log") {
    tree.warning(
      modeField,
      "with log the gate signs whatever it is asked for while any log of the build qube comes in",
    );
  }
  return {
    mode: mode ?? common.mode,
    windowSeconds:
      tree.parsed(fields.get("key_gate_window"), parseSeconds, "1 to 86400 seconds") ?? common.windowSeconds,
    server: tree.parsed(fields.get("key_gate_server"), parsePath, "an absolute path") ?? common.server,
  };
}

function parseMode(untrusted: string): "announce" | "log" | null {
  return untrusted === "announce" || untrusted === "log" ? untrusted : null;
}

function parseSeconds(untrusted: string): number | null {
  const seconds = /^[1-9][0-9]{0,4}$/.test(untrusted) ? Number(untrusted) : 0;
  return seconds > 0 && seconds <= 86_400 ? seconds : null;
}

function readOpenqa(tree: Tree, fields: ReadonlyMap<SettingName, Value>): EnvironmentSettings["openqa"] {
  const given = (["openqa_server", "openqa_key", "openqa_secret"] as const).map((name) => fields.get(name));
  const first = given.find((value) => value !== undefined);
  const server = tree.parsed(given[0], parseHost, "a host");
  const key = readSecret(tree, given[1], parseSecretWord, "a key on one line");
  const secret = readSecret(tree, given[2], parseSecretWord, "a secret on one line");
  if (server !== null && key !== null && secret !== null) return { server, key, secret };
  if (first !== undefined && given.includes(undefined)) {
    tree.warning(first, "openqa_server, openqa_key and openqa_secret belong together; openQA is left out");
  }
  return null;
}

/** A secret: `{file: PATH}`, or the thing itself, which is warned about. */
export function readSecret(
  tree: Tree,
  value: Value | undefined,
  parse: (untrusted: string) => string | null,
  what: string,
): Secret | null {
  if (value === undefined) return null;
  if (isMap(value.node)) {
    const path = tree.parsed(tree.fields(value, ["file"]).get("file"), parsePath, "an absolute path in the qube");
    if (path === null) tree.mistake(value, "needs 'file:', the secret's path in its qube");
    return path === null ? null : { kind: "file", path };
  }
  const text = tree.parsed(value, parse, what);
  if (text === null) return null;
  tree.warning(value, "the secret itself stands in this file; name it by '{file: PATH}' and put it into its qube");
  return { kind: "inline", text };
}
