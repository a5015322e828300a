import { stringify } from "yaml";
import type { Infrastructure, Secret } from "../description/infrastructure.ts";
import { environmentQubes } from "../policy/plan.ts";
import { githubKnownHosts } from "./known-hosts.ts";
import {
  type Entry,
  home,
  type QubeTree,
  secretFile,
  serviceLink,
  settingsDirectory,
  socketDirectory,
  userFile,
} from "./tree.ts";

/** Everything that a logs qube gets: it may serve several environments. */
export function renderLogsQube(infrastructure: Infrastructure, logs: string): QubeTree {
  const served = infrastructure.environments.filter((environment) => environment.logs === logs);
  const { logsKey, logsPublicKey, botName, botEmail } = infrastructure;
  const key = deployKey(served.map(({ settings }) => settings.githubSshKey));
  const identity = key?.kind === "file" ? key.path : `${home}/.ssh/logs`;
  const tree = new Map<string, Entry>([
    serviceLink("qubesbuilder.BuildLog"),
    [
      `${settingsDirectory}/config.yml`,
      userFile(
        stringify(
          {
            qrexec: { transport: "qubes", "services-dir": socketDirectory },
            "log-receiver": {
              "state-dir": `${home}/.local/state/release-bot/log-receiver`,
              remote: `git@github.com:${infrastructure.logsRepository}.git`,
              "signing-key": logsKey ?? "",
              gnupghome: `${home}/.gnupg`,
              "ssh-command": `ssh -i ${identity} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes`,
              ack: "push",
              acknowledge: served.map((environment) => environmentQubes(environment).build),
            },
          },
          { lineWidth: 0 },
        ),
        0o600,
      ),
    ],
    [
      `${home}/.gitconfig`,
      userFile(
        `[user]
	name = ${botName}
	email = ${botEmail}
${logsKey === null ? "" : `\tsigningkey = ${logsKey}\n`}[commit]
	gpgsign = true
[gpg]
	program = gpg
[init]
	defaultBranch = master
`,
      ),
    ],
    [`${home}/.ssh/known_hosts`, userFile(githubKnownHosts)],
  ]);
  if (key?.kind === "inline") tree.set(identity, secretFile(key.text));
  if (logsPublicKey !== null) tree.set(`${settingsDirectory}/logs-key.asc`, userFile(logsPublicKey));
  return tree;
}

/** A logs qube has one deploy key, whichever of its environments names it. */
function deployKey(keys: readonly (Secret | null)[]): Secret | null {
  return keys.find((key) => key !== null) ?? null;
}

/** Everything that a keys qube gets. It has no network: what is put in here is all that ever gets in. */
export function renderKeysQube(environment: Infrastructure["environments"][number]): QubeTree {
  const { build } = environmentQubes(environment);
  const { mode, windowSeconds, server } = environment.settings.keyGate;
  const options = [
    ["--services-dir", socketDirectory],
    ["--state-dir", `${home}/.local/state/release-bot/key-gate`],
    ["--mode", mode],
    ["--window", String(windowSeconds)],
    ["--build-qube", build],
    ["--logs-qube", environment.logs],
    // The genuine server looks for no program, and gpg finds its home by itself.
    ...(server === null
      ? [
          ["--gpg", "gpg"],
          ["--homedir", `${home}/.gnupg`],
        ]
      : [
          ["--gpg", "/usr/bin/gpg"],
          ["--server", server],
        ]),
  ];
  return new Map<string, Entry>([
    serviceLink("qubes.Gpg"),
    serviceLink("qubesbuilder.LogReceived"),
    [
      `${settingsDirectory}/key-gate`,
      userFile(`KEY_GATE_OPTIONS=${options.map((pair) => pair.join(" ")).join(" ")}\n`),
    ],
  ]);
}
