/** The systemd units. They are part of the packages, and the same for every infrastructure. */

/** A daemon, and the qube's feature that starts it. */
interface Daemon {
  readonly name: string;
  readonly description: string;
  readonly command: string;
  /** What it needs beyond its own files; each line loosens the sandbox, and says for what. */
  readonly loosened: readonly string[];
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
      ...xen,
    ],
  },
  {
    name: "release-bot-key-gate",
    description: "Lets out signatures only for what a public log has announced",
    command: "release-bot-key-gate $KEY_GATE_OPTIONS",
    loosened: [
      "EnvironmentFile=/home/user/.config/release-bot/key-gate",
      "ReadWritePaths=-/home/user/.gnupg -/run/user/1000",
      "RestrictAddressFamilies=AF_UNIX",
      "IPAddressDeny=any",
      "PrivateNetwork=yes",
      "PrivateDevices=yes",
      "DevicePolicy=closed",
    ],
  },
];

/** Builds run code of packages' authors in walls of their own making, which need namespaces and more. */
const agentSandbox = [
  "NoNewPrivileges=no",
  "ProtectSystem=full",
  "PrivateTmp=yes",
  "ProtectClock=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "LockPersonality=yes",
  "RestrictRealtime=yes",
  "SystemCallArchitectures=native",
  "UMask=0022",
  "LimitCORE=0",
];

/** Every unit, by file name. */
export function renderUnits(): ReadonlyMap<string, string> {
  const units = new Map<string, string>();
  for (const daemon of daemons)
    units.set(`${daemon.name}.service`, daemonUnit(daemon, [...sandbox, ...daemon.loosened]));
  const agent = {
    name: "release-bot-agent",
    description: "Verifies signed commands, builds and promotes",
    command: "release-bot agent",
    loosened: [],
  };
  units.set("release-bot-agent.service", daemonUnit(agent, agentSandbox));
  units.set("release-bot-nginx.service", nginxUnit);
  for (const task of tasks) {
    units.set(`${task.name}.service`, taskUnit(task));
    units.set(`${task.name}.timer`, timerUnit(task));
  }
  return units;
}

function daemonUnit(daemon: Daemon, settings: readonly string[]): string {
  return `[Unit]
Description=${daemon.description}
# Installed in a template that other qubes share: it starts where dom0 has set the qube's feature.
ConditionPathExists=/run/qubes-service/${daemon.name}
After=qubes-qrexec-agent.service network.target
StartLimitIntervalSec=0

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
${settings.join("\n")}

[Install]
WantedBy=multi-user.target
`;
}

const nginxUnit = `[Unit]
Description=nginx in front of the release bot's receiver
ConditionPathExists=/run/qubes-service/release-bot-receiver
After=network.target release-bot-receiver.service
StartLimitIntervalSec=0

[Service]
Type=exec
User=user
Group=user
ExecStart=/usr/sbin/nginx -c /rw/config/release-bot/nginx.conf -e stderr -g "daemon off;"
Restart=on-failure
RestartSec=5
RuntimeDirectory=release-bot-nginx
RuntimeDirectoryMode=0700
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
MemoryDenyWriteExecute=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077

[Install]
WantedBy=multi-user.target
`;

/** What runs by the calendar in the build qubes. */
interface Task {
  readonly name: string;
  readonly description: string;
  readonly command: string;
  readonly calendar: string;
  readonly spread: string;
}

const tasks: readonly Task[] = [
  {
    name: "release-bot-status-page",
    description: "Writes and uploads the release status page",
    command: "/usr/local/bin/release-bot-status-page",
    calendar: "hourly",
    spread: "10min",
  },
  {
    name: "release-bot-clean-up",
    description: "Removes what builds have left and nobody needs",
    command: "/usr/local/bin/release-bot-clean-up",
    calendar: "Sun *-*-* 03:00:00 UTC",
    spread: "1h",
  },
  {
    name: "release-bot-iso",
    description: "Builds the scheduled installation image",
    command: "/usr/local/bin/release-bot-iso",
    calendar: "Sat *-*-* 01:00:00 UTC",
    spread: "5min",
  },
];

function taskUnit(task: Task): string {
  return `[Unit]
Description=${task.description}
ConditionPathExists=/run/qubes-service/release-bot-agent
# Rendered into the build qubes that have one.
ConditionFileIsExecutable=${task.command}

[Service]
Type=oneshot
User=user
Group=user
WorkingDirectory=/home/user
ExecStart=${task.command}
TimeoutStartSec=12h
PrivateTmp=yes
ProtectSystem=full
LimitCORE=0
`;
}

function timerUnit(task: Task): string {
  return `[Unit]
Description=${task.description}, by the calendar
ConditionPathExists=/run/qubes-service/release-bot-agent

[Timer]
OnCalendar=${task.calendar}
RandomizedDelaySec=${task.spread}
Persistent=yes

[Install]
WantedBy=timers.target
`;
}
