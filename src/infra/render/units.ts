/** The systemd units. They are part of the packages, and the same for every infrastructure. */

import { nginxUnit } from "./nginx-unit.ts";
import { taskUnits } from "./task-units.ts";

/** A daemon, and the qube's feature that starts it. */
interface Daemon {
  readonly name: string;
  readonly description: string;
  readonly command: string;
  /** What it needs beyond its own files; each line loosens the sandbox, and says for what. */
  readonly loosened: readonly string[];
  /** Further lines of the section `[Unit]`. */
  readonly relations?: readonly string[];
}

/**
 * What all of them are denied. Memory that is writable and executable cannot be denied: V8 compiles at run time. What is
 * writable is the program's own state and nothing else of the home.
 */
const sandbox = [
  "NoNewPrivileges=yes",
  "CapabilityBoundingSet=",
  "AmbientCapabilities=",
  "ProtectSystem=strict",
  "ProtectHome=read-only",
  "ReadWritePaths=-/home/user/.local/state/release-bot",
  "PrivateTmp=yes",
  "PrivateMounts=yes",
  "ProtectProc=invisible",
  "ProcSubset=pid",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectControlGroups=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "RemoveIPC=yes",
  "KeyringMode=private",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged @resources",
  "SystemCallErrorNumber=EPERM",
  "UMask=0077",
  "LimitCORE=0",
];

/** qrexec-client-vm talks to the other qube by shared memory: these devices, and no other. */
const xen = ["evtchn", "gntdev", "gntalloc", "privcmd", "xenbus"].map((device) => `DeviceAllow=/dev/xen/${device} rw`);

/** What the agent's process is started with; it is measured with the same. */
export const agentEnvironment: Readonly<Record<string, string>> = {
  // Young garbage is most of it: without this, V8 keeps 290 MB where 140 do.
  NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=512",
  // Each gpg, gpgv or rpmkeys is a fork first, which copies the page tables: 10 ms at 200 MB, of which huge pages save most.
  GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
};

const daemons: readonly Daemon[] = [
  {
    name: "release-bot-receiver",
    description: "Takes GitHub's webhooks and hands them to the build qubes",
    command: "release-bot receiver",
    loosened: [
      "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
      "IPAddressDeny=any",
      "IPAddressAllow=localhost",
      "DevicePolicy=closed",
      ...xen,
    ],
  },
  {
    name: "release-bot-log-receiver",
    description: "Takes build logs, publishes them signed, and unlocks what they announce",
    command: "release-bot log-receiver",
    // gpg's agent is started by the first signature and lives on in the user's runtime directory.
    loosened: [
      "ReadWritePaths=-/home/user/.gnupg -/run/user/1000",
      "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
      "DevicePolicy=closed",
      // Lines come and go: a small young generation saves 10 MB and costs no speed.
      'Environment="NODE_OPTIONS=--max-semi-space-size=2"',
      ...xen,
    ],
  },
  {
    name: "release-bot-agent",
    description: "Verifies signed commands, builds and promotes",
    command: "release-bot agent",
    // What builds need is not let in here: they run in units of the user's own systemd, outside of this sandbox.
    relations: ["Wants=user@1000.service", "After=user@1000.service"],
    loosened: [
      "Environment=RELEASE_BOT_BUILDS_IN=units",
      "Environment=XDG_RUNTIME_DIR=/run/user/1000",
      // Or logind ends the user's systemd, and all builds with it, ten seconds after the last session in the qube has ended.
      "ExecStartPre=+-/usr/bin/loginctl enable-linger user",
      // Also where the agent was killed: then nobody else ends what it had started.
      "ExecStopPost=-/usr/bin/systemctl --user --quiet stop release-bot-build-*.service",
      // The builders' directories, with the published tree; not the settings.
      "ReadWritePaths=/home/user -/run/user/1000",
      "ReadOnlyPaths=-/home/user/.config",
      "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
      "DevicePolicy=closed",
      // What is published is for everybody to read.
      "UMask=0022",
      ...Object.entries(agentEnvironment).map(([name, value]) => `Environment="${name}=${value}"`),
      ...xen,
    ],
  },
  {
    name: "release-bot-key-gate",
    description: "Lets out signatures only for what a public log has announced",
    command: "release-bot-key-gate $KEY_GATE_OPTIONS",
    loosened: [
      "EnvironmentFile=/home/user/.config/release-bot/key-gate",
      // The last one is there with the genuine split-gpg server, which asks nobody while the gate's file in it is young.
      "ReadWritePaths=-/home/user/.gnupg -/run/user/1000 -/run/qubes-gpg-split",
      "RestrictAddressFamilies=AF_UNIX",
      "IPAddressDeny=any",
      "PrivateNetwork=yes",
      "PrivateDevices=yes",
      "DevicePolicy=closed",
    ],
  },
];

/** Every unit, by file name. */
export function renderUnits(): ReadonlyMap<string, string> {
  const units = new Map<string, string>();
  for (const daemon of daemons) units.set(`${daemon.name}.service`, daemonUnit(daemon));
  units.set("release-bot-nginx.service", nginxUnit);
  for (const [name, text] of taskUnits()) units.set(name, text);
  return units;
}

function daemonUnit(daemon: Daemon): string {
  return `[Unit]
Description=${daemon.description}
# Installed in a template that other qubes share: it starts where dom0 has set the qube's feature.
ConditionPathExists=/run/qubes-service/${daemon.name}
After=qubes-qrexec-agent.service network.target
${(daemon.relations ?? []).map((line) => `${line}\n`).join("")}StartLimitIntervalSec=0

[Service]
Type=exec
User=user
Group=user
WorkingDirectory=/home/user
# Outside of the sandbox, which cannot let through what is not there yet.
ExecStartPre=+/usr/bin/install -d -o user -g user -m 0700 /home/user/.local /home/user/.local/state /home/user/.local/state/release-bot
ExecStart=/usr/bin/${daemon.command}
Restart=on-failure
RestartSec=5
TimeoutStopSec=90
# The sockets of its qrexec services; /usr/local/etc/qubes-rpc has links to them.
RuntimeDirectory=release-bot release-bot/rpc
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
${[...sandbox, ...daemon.loosened].join("\n")}

[Install]
WantedBy=multi-user.target
`;
}
