import type { Infrastructure } from "../description/infrastructure.ts";
import { environmentQubes } from "../policy/plan.ts";
import { templateNeeds } from "./templates.ts";
import { builderDirectory, builderKeysDirectory, builderMaintainers, settingsDirectory } from "./tree.ts";

/** The commit of builder v2 that a first checkout takes; the agent brings it forward, verified, from there. */
const builderCommit = "f5576c895d0f2c35b3b8751f0d5cde0329c7fe3a";

/** The same of builder v1. */
const builderOneCommit = "3d3e766de05b37cd858f0d3cb2c6ebf716510cd8";

/** What a person still has to do by hand, by qube, with the commands. Secrets are not in any rendered file's place. */
export function renderChecklist(infrastructure: Infrastructure): string {
  const { environments } = infrastructure;
  const logs = [...new Set(environments.map((environment) => environment.logs))];
  return [
    "# What is left to do by hand\n",
    "Commands begin with the qube in which they are typed. Do them in this order; after each part, run the check.\n",
    dom0(infrastructure),
    ...environments.map(keysQube),
    ...environments.filter(({ windows }) => windows).map((one) => windowsKeysQube(infrastructure, one)),
    ...logs.map((name) => logsQube(infrastructure, name)),
    ...environments.map((environment) => buildQube(infrastructure, environment)),
    netQube(infrastructure),
    "## Everywhere\n\n- [ ] each qube: `release-bot doctor` (in the keys qubes: `systemctl status release-bot-key-gate`)\n",
  ].join("\n");
}

function part(title: string, items: readonly (readonly [what: string, command: string])[], check: string): string {
  const lines = items.map(([what, command]) => `- [ ] ${what}\n\n${indent(command)}\n`);
  return `## ${title}\n\n${lines.join("\n")}\nCheck: ${check}\n`;
}

function indent(command: string): string {
  return command
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");
}

function dom0(infrastructure: Infrastructure): string {
  const templates = [...templateNeeds(infrastructure)];
  return part(
    "dom0 and the templates",
    [
      [
        "copy our packages into the templates (WORK is the qube that has them) and install them",
        templates.map(([template, { packages }]) => installPackages(template, packages)).join("\n"),
      ],
      [
        "copy what dom0 gets there, read it, then apply it: by Salt,",
        [
          "dom0$ qvm-run --pass-io WORK 'tar -C out -c srv dom0' | tar -x",
          "dom0$ sudo cp -R srv/. /srv/",
          "dom0$ qubesctl top.enable build-infra",
          "dom0$ qubesctl top.enable build-infra pillar=True",
          "dom0$ qubesctl --all state.highstate",
        ].join("\n"),
      ],
      [
        "or by hand: one script makes the qubes, the policy files go to their place, another script brings each qube its files",
        [
          "dom0$ sh dom0/root/release-bot-qubes.sh",
          "dom0$ sudo install -m 644 dom0/etc/qubes/policy.d/20-qubesbuilder*.policy /etc/qubes/policy.d/",
          "dom0$ sh dom0/root/release-bot-copy.sh WORK /home/user/out",
          ...templates.map(([template]) => `${template}$ sudo sh /root/release-bot-packages.sh`),
        ].join("\n"),
      ],
      [
        "shut the templates down, and start the qubes anew",
        templates.map(([template]) => `dom0$ qvm-shutdown --wait ${template}`).join("\n"),
      ],
    ],
    "`release-bot infra check` over a copy of `/etc/qubes/policy.d` finds nothing, and `release-bot --help` answers in a build qube.",
  );
}

/** By file, since no repository that a template knows has them yet. */
function installPackages(template: string, packages: readonly string[]): string {
  const ours = packages.filter((name) => name.startsWith("qubes-release-bot"));
  const debian = template.startsWith("debian");
  const files = ours.map((name) => (debian ? `dist/${name}_*.deb` : `dist/${name}-[0-9]*.rpm`)).join(" ");
  const install = debian ? "apt-get install -y" : "dnf install -y";
  return `WORK$ qvm-copy ${files}      to ${template}
${template}$ sudo ${install} ~/QubesIncoming/WORK/qubes-release-bot*`;
}

function keysQube(environment: Infrastructure["environments"][number]): string {
  const { build, keys } = environmentQubes(environment);
  return part(
    keys,
    [
      [
        "import the signing keys from where they are kept, offline, and look that they are the right ones",
        `${keys}$ gpg --import signing-keys.asc\n${keys}$ gpg --list-secret-keys --with-fingerprint`,
      ],
      ["start the gate", `${keys}$ sudo systemctl restart release-bot-key-gate`],
    ],
    `${keys} has no network (\`dom0$ qvm-prefs ${keys} netvm\` is empty), and \`${build}$ release-bot doctor\` lists its public keys.`,
  );
}

function windowsKeysQube(
  { windowsTemplate }: Infrastructure,
  environment: Infrastructure["environments"][number],
): string {
  const { build, windowsKeys } = environmentQubes(environment);
  return part(
    windowsKeys,
    [
      windowsTemplate === null
        ? [
            "builds for Windows run in disposables of a template with Windows and Qubes' tools for it: make builder-windows-dvm from yours",
            "dom0$ qvm-create --class AppVM --template WINDOWS-TEMPLATE --label green builder-windows-dvm\ndom0$ qvm-prefs builder-windows-dvm template_for_dispvms True",
          ]
        : [
            "builds for Windows run in disposables of a template with Windows and Qubes' tools for it: look that builder-windows-dvm is one",
            `dom0$ qvm-prefs builder-windows-dvm template      says ${windowsTemplate}`,
          ],
      [
        "put the driver kit's image where 'ewdk:' in the builder's configuration looks for it",
        `${build}$ ls -l ~/Downloads/ewdk.iso`,
      ],
      [
        "put builder v2's signing services there, and let builder v2 make the key by the first of them",
        `${build}$ qvm-copy ${builderDirectory}/rpc/qubesbuilder.WinSign.*\n${windowsKeys}$ sudo install -m 755 ~/QubesIncoming/${build}/qubesbuilder.WinSign.* /usr/local/etc/qubes-rpc/`,
      ],
    ],
    `${windowsKeys} has no network (\`dom0$ qvm-prefs ${windowsKeys} netvm\` is empty).`,
  );
}

function logsQube({ logsKey, logsRepository }: Infrastructure, logs: string): string {
  const key = logsKey ?? "FINGERPRINT";
  return part(
    logs,
    [
      [
        "import the key that signs the logs' commits",
        `${logs}$ gpg --import logs-secret-key.asc\n${logs}$ gpg --list-secret-keys ${key}`,
      ],
      [
        `make a deploy key and add it, with write access, to https://github.com/${logsRepository}/settings/keys`,
        `${logs}$ ssh-keygen -t ed25519 -N '' -C ${logs} -f ~/.ssh/logs\n${logs}$ cat ~/.ssh/logs.pub`,
      ],
      ["start the receiver", `${logs}$ sudo systemctl restart release-bot-log-receiver`],
    ],
    `\`${logs}$ git ls-remote git@github.com:${logsRepository}.git\` answers, and \`release-bot doctor\` is content.`,
  );
}

function buildQube(infrastructure: Infrastructure, environment: Infrastructure["environments"][number]): string {
  const { build } = environmentQubes(environment);
  const { settings, builders } = environment;
  const token =
    settings.githubApiKey?.kind === "file" ? settings.githubApiKey.path : `${settingsDirectory}/github-token`;
  const items: (readonly [string, string])[] = [];
  if (settings.githubApiKey?.kind !== "inline") {
    items.push([
      "put the GitHub App's key, or a fine-grained token (issues: write; contents: read), into its file",
      `${build}$ install -m 600 /dev/stdin ${token}`,
    ]);
  }
  if (infrastructure.commandsPublicKeys === null) {
    items.push([
      "put the maintainers' public keys, whose commands count, into one file, and compare each fingerprint",
      `${build}$ gpg --show-keys --with-fingerprint maintainers.asc\n${build}$ cp maintainers.asc ${settingsDirectory}/trusted-keys.asc`,
    ]);
  }
  if (infrastructure.remoteHosts.length > 0 && settings.mirrorSshKey?.kind !== "inline") {
    items.push([
      "make the upload key and add its public half at each mirror",
      `${build}$ ssh-keygen -t ed25519 -N '' -C ${build} -f ~/.ssh/mirror\n${build}$ cat ~/.ssh/mirror.pub`,
    ]);
  }
  if (environment.builderv2) {
    const url = "https://github.com/QubesOS/qubes-builderv2";
    const fetched = builders.filter(({ file }) => file !== null);
    items.push([
      "check builder v2 out at its pinned commit, then each builder's configuration, verified by its maintainers' keys",
      [
        `${build}$ release-bot-safe-checkout ${url} ${builderDirectory} ${builderCommit}`,
        ...fetched.map(
          ({ directory, source }) =>
            `${build}$ cd ${builderDirectory} && ./qb --builder-conf ${directory}/builder-config.yml -c ${source.component} package fetch`,
        ),
      ].join("\n"),
    ]);
  }
  const trusted = new Set([...builderMaintainers(builders), ...builders.flatMap(({ source }) => source.maintainers)]);
  if (environment.builderv2 && trusted.size > 0) {
    items.push([
      "put the builders' maintainers' public keys there, one file each: by them the checkouts are brought forward before each job",
      [...trusted].map((key) => `${build}$ install -D -m 644 ${key}.asc ${builderKeysDirectory}/${key}.asc`).join("\n"),
    ]);
  }
  if (!environment.builderv2) {
    for (const builder of builders) items.push(builderOne(build, builder));
    items.push([
      "builder v1 needs two services in dom0, which are its own: read them, then copy them there",
      `dom0$ qvm-run --pass-io ${build} 'tar -C ${builders[0]?.directory ?? "BUILDER"}/rpc-services -c qubesbuilder.AttachDisk qubesbuilder.ExportDisk' | sudo tar -C /etc/qubes-rpc -x`,
    ]);
  }
  if (settings.openqa !== null && settings.openqa.key.kind === "file") {
    items.push(["write openQA's key and secret", `${build}$ install -m 600 /dev/stdin ~/.config/openqa/client.conf`]);
  }
  if (infrastructure.environments.length > 1 && infrastructure.environments[0]?.name === environment.name) {
    items.push([
      "list what the other environments serve: this one answers the signers of what none of them does",
      `${build}$ $EDITOR ${settingsDirectory}/config.yml      agent: known: components, templates, distributions`,
    ]);
  }
  if (infrastructure.statusUrl !== null && infrastructure.environments[0]?.name === environment.name) {
    const all = infrastructure.environments.map((one) => environmentQubes(one).build);
    items.push([
      `after the first hour: copy each build qube's status certificate here, comparing fingerprints; maintainers get ${build}.asc, by which 'release-bot list' believes the page`,
      [
        ...all
          .filter((name) => name !== build)
          .map((name) => `${name}$ qvm-copy ${settingsDirectory}/status-keys/${name}.asc`),
        `${build}$ gpg --show-keys --with-fingerprint ~/QubesIncoming/*/*.asc && cp ~/QubesIncoming/*/*.asc ${settingsDirectory}/status-keys/`,
      ].join("\n"),
    ]);
  }
  items.push(["start the agent", `${build}$ sudo systemctl restart release-bot-agent`]);
  return part(build, items, `\`${build}$ release-bot doctor\` is content.`);
}

/** The first checkout of builder v1, whose sources bring the keys that it then verifies with. */
function builderOne(
  build: string,
  { directory, keys, file, source }: Infrastructure["environments"][number]["builders"][number],
): readonly [string, string] {
  const { component, baseUrl } = source;
  const variable = `GIT_URL_${component.replaceAll("-", "_")}`;
  const commands = [
    `release-bot-safe-checkout https://github.com/QubesOS/qubes-builder ${directory} ${builderOneCommit}`,
    `cd ${directory} && BUILDERCONF= GIT_URL_builder=https://github.com/QubesOS/qubes-builder COMPONENTS=builder make get-sources`,
    ...keys.map(
      (key) =>
        `cd ${directory} && GNUPGHOME=$(make -s get-var GET_VAR=KEYRING_DIR_GIT) sh -c 'gpg --import keys/${key}.asc && echo ${key}:6: | gpg --import-ownertrust'`,
    ),
    `cd ${directory} && BUILDERCONF= COMPONENTS=${component} ${variable}=${baseUrl}${component} make get-sources`,
    ...(file === null
      ? []
      : [
          `ln -sfn qubes-src/${component}/${file} ${directory}/builder.conf`,
          `cd ${directory} && COMPONENTS='$(BUILDER_PLUGINS)' make get-sources`,
        ]),
  ];
  return [
    `check builder v1 out at its pinned commit into ${directory}, with the keys that count for it, and its configuration`,
    commands.map((command) => `${build}$ ${command}`).join("\n"),
  ];
}

function netQube({ netvm, webhook, reportRepository }: Infrastructure): string {
  const secret = webhook.secret?.kind === "file" ? webhook.secret.path : `${settingsDirectory}/webhook-secret`;
  const address = `${webhook.tls === null ? "http" : "https"}://${webhook.serverName === "_" ? "HOST" : webhook.serverName}`;
  const [owner = ""] = reportRepository.split("/");
  const items: (readonly [string, string])[] = [];
  if (webhook.secret?.kind !== "inline") {
    items.push([
      "make the webhooks' secret; GitHub gets the same",
      `${netvm}$ openssl rand -hex 32 | install -m 600 /dev/stdin ${secret}`,
    ]);
  }
  if (webhook.tls === null) {
    items.push([
      "have TLS ended before this machine, or name webhook_certificate and webhook_certificate_key and render again",
      `${netvm}$ nginx -t -c /rw/config/release-bot/nginx.conf`,
    ]);
  }
  items.push(
    [
      "let the port through to the net qube (router, then this machine), and load the firewall's lines",
      `${netvm}$ sudo sh /rw/config/rc.local.d/50-release-bot.rc`,
    ],
    [
      `on GitHub, at https://github.com/organizations/${owner}/settings/hooks, add two webhooks, both of type application/json, with that secret`,
      `${address}/github-hooks/trigger-build      only the event: pushes\n${address}/github-hooks/process-comment    only the event: issue comments`,
    ],
    ["start the receiver and nginx", `${netvm}$ sudo systemctl restart release-bot-receiver release-bot-nginx`],
  );
  return part(netvm, items, "GitHub's page of the webhook shows its ping answered with 202.");
}
