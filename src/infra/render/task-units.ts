/** What the build qubes do by the calendar. */

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

/** A service and a timer for each, by file name. */
export function taskUnits(): ReadonlyMap<string, string> {
  return new Map(
    tasks.flatMap((task) => [
      [`${task.name}.service`, taskUnit(task)],
      [`${task.name}.timer`, timerUnit(task)],
    ]),
  );
}

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
