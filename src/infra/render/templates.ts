import type { Infrastructure } from "../description/infrastructure.ts";
import { type Entry, type QubeTree, systemFile } from "./tree.ts";
import { renderUnits } from "./units.ts";

/** Packages by what a qube does; names are Fedora's, and Debian's where they differ. */
const packages = {
  net: ["qubes-release-bot", "nginx", "nftables", "socat"],
  build: [
    "qubes-release-bot",
    "sequoia-sqv",
    "git",
    "gnupg2",
    "createrepo_c",
    "rpm-sign",
    "reprepro",
    "rsync",
    "openssh-clients",
    "python3-pyyaml",
    "qubes-gpg-split",
    "openqa-client",
    "util-linux",
    // The user's own systemd, which builds are units of, is reached by its bus.
    "dbus-daemon",
  ],
  logs: ["qubes-release-bot", "git", "gnupg2", "openssh-clients"],
  keys: ["qubes-release-bot-key-gate", "gnupg2", "qubes-gpg-split"],
} as const;

const debianNames: Readonly<Record<string, string>> = {
  "sequoia-sqv": "sqv",
  gnupg2: "gnupg",
  createrepo_c: "createrepo-c",
  "rpm-sign": "rpm",
  "openssh-clients": "openssh-client",
  "python3-pyyaml": "python3-yaml",
  "qubes-gpg-split": "qubes-gpg-split",
  "openqa-client": "openqa-client",
  "dbus-daemon": "dbus-user-session",
};

/** Units by what a qube does: what the template's systemd is told to start, in the qubes that have the feature. */
const units = {
  net: ["release-bot-receiver.service", "release-bot-nginx.service"],
  build: [
    "release-bot-agent.service",
    "release-bot-status-page.timer",
    "release-bot-clean-up.timer",
    "release-bot-iso.timer",
  ],
  logs: ["release-bot-log-receiver.service"],
  keys: ["release-bot-key-gate.service"],
} as const;

/** What a template must have, for all the qubes that are made from it. */
interface TemplateNeeds {
  readonly packages: readonly string[];
  /** The units to be enabled. */
  readonly units: readonly string[];
  /** Debian starts what it installs, in every qube of the template: nginx would take the port that ours is to listen on. */
  readonly disabled: readonly string[];
}

/** Every template, and what it needs. */
export function templateNeeds(infrastructure: Infrastructure): ReadonlyMap<string, TemplateNeeds> {
  const roles = [
    [infrastructure.netTemplate, "net"],
    [infrastructure.buildTemplate, "build"],
    [infrastructure.logsTemplate, "logs"],
    [infrastructure.keysTemplate, "keys"],
  ] as const;
  const needs = new Map<string, TemplateNeeds>();
  for (const [template, role] of roles) {
    const known = needs.get(template);
    const debian = template.startsWith("debian");
    const named = packages[role].map((name) => (debian ? (debianNames[name] ?? name) : name));
    needs.set(template, {
      packages: [...new Set([...(known?.packages ?? []), ...named])].sort(),
      units: [...(known?.units ?? []), ...units[role]],
      disabled: [...(known?.disabled ?? []), ...(debian && role === "net" ? ["nginx.service"] : [])],
    });
  }
  return needs;
}

/** What a template gets: a script for those who do not use Salt, and the units, the same as in the packages. */
export function renderTemplate(infrastructure: Infrastructure, template: string): QubeTree {
  const needs = templateNeeds(infrastructure).get(template) ?? { packages: [], units: [], disabled: [] };
  const install = template.startsWith("debian")
    ? "apt-get update\napt-get install -y --no-install-recommends"
    : "dnf install -y";
  const tree = new Map<string, Entry>([
    [
      "/root/release-bot-packages.sh",
      systemFile(
        `#!/bin/sh
# Run in the template ${template}, as root, then shut it down. Written by 'release-bot infra render'.
set -eu
${install} ${needs.packages.join(" ")}
${needs.disabled.map((unit) => `systemctl disable ${unit}\n`).join("")}systemctl enable ${needs.units.join(" ")}
`,
        0o755,
      ),
    ],
  ]);
  const wanted = needs.units.map((name) => name.replace(/\.(timer|service)$/, ""));
  for (const [name, text] of renderUnits()) {
    if (wanted.includes(name.replace(/\.(timer|service)$/, ""))) {
      tree.set(`/usr/lib/systemd/system/${name}`, systemFile(text));
    }
  }
  return tree;
}

/** The template of the disposables that builder v2 builds in: what must survive from it into each of them. */
export function renderBuilderTemplate(): QubeTree {
  return new Map<string, Entry>([
    [
      "/rw/config/qubes-bind-dirs.d/50_release-bot.conf",
      systemFile(`# builder v2 works in /builder; on the root volume it would fill the disposable's small one.
binds+=( '/builder' )
`),
    ],
    ["/rw/bind-dirs/builder/.keep", systemFile("")],
  ]);
}
