import { LineCounter, type Node, parseDocument } from "yaml";
import { no, ok, parseFingerprint, parseQubeName, type QubeName, type Result } from "../../domain/index.ts";
import type { Finding, Infrastructure, RemoteHost, Webhook } from "./infrastructure.ts";
import { readEnvironments } from "./read-environment.ts";
import { noSettings, readSecret, readSettings, type SettingName, settingNames } from "./read-settings.ts";
import { Tree, type Value } from "./tree.ts";
import * as values from "./values.ts";

/** GitHub's address ranges for webhooks (`hooks` of its meta API), as of 2026; `github_hook_ranges` replaces them. */
const hookRanges = [
  "192.30.252.0/22",
  "185.199.108.0/22",
  "140.82.112.0/20",
  "143.55.64.0/20",
  "2a0a:a440::/29",
  "2606:50c0::/32",
];

/** Names of the formulas' own pillar; the older ones of the same thing are read too. */
const older = {
  logs_key_fpr: "build_logs_key_fpr",
  logs_repo: "build_logs_repo",
  logs_repo_public_key: "build_logs_repo_public_key",
} as const;

const names = [
  "netvm",
  "net-template",
  "build-template",
  "build-netvm",
  "logs-template",
  "logs-netvm",
  "keys-template",
  "windows-template",
  "logs_key_fpr",
  "logs_repo",
  "logs_repo_public_key",
  "build_logs_key_fpr",
  "build_logs_repo",
  "build_logs_repo_public_key",
  "build_report_repo",
  "status_url",
  "build_bot_name",
  "build_bot_email",
  "commands_public_keys",
  "build-envs",
  "remote-hosts",
  "ssh-proxy",
  "webhook_server_name",
  "webhook_secret",
  "webhook_certificate",
  "webhook_certificate_key",
  "github_hook_ranges",
  "mirrors",
  ...settingNames,
] as const;

/** What was read, and what deserves a warning. */
export interface ReadInfrastructure {
  readonly infrastructure: Infrastructure;
  readonly warnings: readonly Finding[];
}

/** Why nothing was read: every mistake, and the warnings too, since an unknown key is often the cause of a missing one. */
export interface UnreadInfrastructure {
  readonly mistakes: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Reads build-infra.yml or a pillar; `file` is for messages. */
export function readInfrastructure(file: string, text: string): Result<ReadInfrastructure, UnreadInfrastructure> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, maxAliasCount: 0 } as object);
  const tree = new Tree(file, lines);
  const template = /\{[%{]/.exec(text);
  if (document.errors.length > 0 && template !== null) {
    const line = text.slice(0, template.index).split("\n").length;
    tree.mistake({ line, path: "" }, "is a template of Salt's: give what it renders to, the plain YAML");
    return no(unread(tree));
  }
  for (const { pos, message } of document.errors) {
    tree.mistake({ line: lines.linePos(pos[0]).line, path: "" }, message.split("\n")[0] ?? "not YAML");
  }
  if (tree.mistakes.length > 0) return no(unread(tree));
  const root = { node: document.contents as Node | null, line: 1, path: "" };
  const top = tree.fields(root, ["build-infra"]).get("build-infra");
  if (top === undefined) {
    tree.mistake(root, "a map 'build-infra:' is expected");
    return no(unread(tree));
  }
  const infrastructure = readTop(tree, { ...top, path: "" });
  if (tree.mistakes.length > 0) return no(unread(tree));
  if (infrastructure.environments.length === 0) {
    tree.warning(top, "has no 'build-envs:': there is nothing to build with");
  } else {
    if (infrastructure.logsKey === null) {
      tree.warning(
        top,
        "has no 'logs_key_fpr:': the log receiver will not start before its config.yml names a signing key",
      );
    }
    if (infrastructure.windowsTemplate === null && infrastructure.environments.some(({ windows }) => windows)) {
      tree.warning(
        top,
        "has no 'windows-template:': builder-windows-dvm is not made; CHECKLIST.md says how to make it from yours",
      );
    }
    if (infrastructure.commandsPublicKeys === null) {
      tree.warning(top, "has no 'commands_public_keys:': nobody's commands count before trusted-keys.asc has keys");
    }
  }
  return ok({ infrastructure, warnings: inOrder(tree.warnings) });
}

function unread({ mistakes, warnings }: Tree): UnreadInfrastructure {
  return { mistakes: inOrder(mistakes), warnings: inOrder(warnings) };
}

/** As they stand in the file. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => a.line - b.line);
}

function readTop(tree: Tree, top: Value): Infrastructure {
  const fields = tree.fields(top, names);
  const qube = (name: (typeof names)[number], absent: string): QubeName =>
    tree.parsed(fields.get(name), parseQubeName, "a qube's name") ?? parseQubeName(absent) ?? ("" as never);
  const named = (name: keyof typeof older): Value | undefined => fields.get(name) ?? fields.get(older[name]);
  const settings = new Map<SettingName, Value>();
  for (const name of settingNames) {
    const value = fields.get(name);
    if (value !== undefined) settings.set(name, value);
  }
  const common = readSettings(tree, settings, noSettings);
  const slug = (value: Value | undefined, absent: string): string =>
    tree.parsed(value, values.parseSlug, "OWNER/NAME") ?? absent;
  return {
    netvm: qube("netvm", "sys-net"),
    netTemplate: qube("net-template", "fedora-42-xfce"),
    buildTemplate: qube("build-template", "fedora-42-xfce"),
    buildNetvm: qube("build-netvm", "sys-whonix"),
    logsTemplate: qube("logs-template", "fedora-42-xfce"),
    logsNetvm: qube("logs-netvm", "sys-firewall"),
    keysTemplate: qube("keys-template", "fedora-42-minimal"),
    windowsTemplate: tree.parsed(fields.get("windows-template"), parseQubeName, "a qube's name"),
    logsKey: tree.parsed(named("logs_key_fpr"), parseFingerprint, "a fingerprint of 40 hex digits"),
    logsPublicKey: tree.parsed(named("logs_repo_public_key"), values.parseArmor, "a public key in armor"),
    commandsPublicKeys: tree.parsed(fields.get("commands_public_keys"), values.parseArmor, "public keys in armor"),
    logsRepository: slug(named("logs_repo"), "QubesOS/build-logs"),
    reportRepository: slug(fields.get("build_report_repo"), "QubesOS/updates-status"),
    statusUrl: tree.parsed(fields.get("status_url"), values.parseUrl, "a web address")?.replace(/\/*$/, "/") ?? null,
    botName: tree.parsed(fields.get("build_bot_name"), values.parsePersonName, "a name") ?? "Qubes OS build bot",
    botEmail:
      tree.parsed(fields.get("build_bot_email"), values.parseEmail, "a mail address") ?? "builder-bot@qubes-os.org",
    webhook: readWebhook(tree, fields),
    mirrors: tree.list(fields.get("mirrors"), values.parseUrl, "a mirror's address, such as https://yum.example.org"),
    sshProxy: tree.boolean(fields.get("ssh-proxy"), true),
    environments: readEnvironments(tree, fields.get("build-envs"), common),
    remoteHosts: readHosts(tree, fields.get("remote-hosts")),
  };
}

function readWebhook(tree: Tree, fields: ReadonlyMap<(typeof names)[number], Value>): Webhook {
  const path = (name: (typeof names)[number]): string | null =>
    tree.parsed(fields.get(name), values.parsePath, "an absolute path in the net qube");
  const certificate = path("webhook_certificate");
  const key = path("webhook_certificate_key");
  const lonely = fields.get(certificate === null ? "webhook_certificate_key" : "webhook_certificate");
  if ((certificate === null) !== (key === null) && lonely !== undefined) {
    tree.mistake(lonely, "webhook_certificate and webhook_certificate_key belong together");
  }
  const ranges = tree.list(fields.get("github_hook_ranges"), values.parseRange, "an address range");
  return {
    serverName: tree.parsed(fields.get("webhook_server_name"), values.parseHost, "a host") ?? "_",
    tls: certificate === null || key === null ? null : { certificate, key },
    secret: readSecret(tree, fields.get("webhook_secret"), values.parseSecretWord, "a secret on one line"),
    ranges: ranges.length > 0 ? ranges : hookRanges,
  };
}

function readHosts(tree: Tree, value: Value | undefined): RemoteHost[] {
  if (value === undefined) return [];
  return [...(tree.entries(value) ?? [])].flatMap(([name, entry]) => {
    const host = values.parseHost(name);
    const fields = tree.fields(entry, ["ssh_user", "ssh_host_enc", "ssh_host_key", "ssh_port"]);
    const user = tree.parsed(fields.get("ssh_user"), values.parseUser, "a user's name");
    const keyType = tree.parsed(fields.get("ssh_host_enc"), values.parseKeyType, "a host key's type");
    const key = tree.parsed(fields.get("ssh_host_key"), values.parseSshKey, "a host key in base64");
    const port = tree.parsed(fields.get("ssh_port"), values.parsePort, "a port") ?? 22;
    if (host === null) tree.mistake(entry, `'${name}' is not a host`);
    for (const needed of ["ssh_user", "ssh_host_enc", "ssh_host_key"] as const) {
      if (!fields.has(needed)) tree.mistake(entry, `needs '${needed}:'`);
    }
    return host === null || user === null || keyType === null || key === null
      ? []
      : [{ host, user, keyType, key, port }];
  });
}
