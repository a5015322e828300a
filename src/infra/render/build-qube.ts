import { stringify } from "yaml";
import type { Environment, Infrastructure, Secret } from "../description/infrastructure.ts";
import { environmentQubes, sshHosts } from "../policy/plan.ts";
import { githubKnownHosts, knownHosts } from "./known-hosts.ts";
import { cleanUpScript, isoScript, safeCheckoutScript, statusPageScript } from "./scripts.ts";
import {
  builderDirectory,
  builderKeysDirectory,
  builderMaintainers,
  type Entry,
  home,
  link,
  type QubeTree,
  secretFile,
  serviceLink,
  servicesDirectory,
  settingsDirectory,
  socketDirectory,
  systemFile,
  userFile,
} from "./tree.ts";

const mirrorsList = `${settingsDirectory}/mirrors.list`;

/** Everything that a build qube gets. */
export function renderBuildQube(infrastructure: Infrastructure, environment: Environment): QubeTree {
  const { keys } = environmentQubes(environment);
  const { settings, builders } = environment;
  const tree = new Map<string, Entry>([
    serviceLink("qubesbuilder.TriggerBuild"),
    serviceLink("qubesbuilder.ProcessGithubCommand"),
    ["/rw/config/gpg-split-domain", systemFile(`${keys}\n`)],
    [`${settingsDirectory}/config.yml`, userFile(agentConfiguration(infrastructure, environment), 0o600)],
    [`${settingsDirectory}/builders.list`, userFile(buildersList(environment))],
    [`${settingsDirectory}/environment`, userFile(`RELEASE_BOT_KEYS_QUBE=${keys}\nQUBES_GPG_DOMAIN=${keys}\n`)],
    [`${home}/.rpmmacros`, userFile(rpmMacros)],
    [`${home}/.ssh/config`, userFile(sshConfiguration(infrastructure, environment), 0o600)],
    [`${home}/.ssh/known_hosts`, userFile(githubKnownHosts + knownHosts(infrastructure.remoteHosts))],
    ["/usr/local/bin/release-bot-safe-checkout", systemFile(safeCheckoutScript, 0o755)],
    ["/usr/local/bin/release-bot-status-page", systemFile(statusPageScript(infrastructure, environment), 0o755)],
  ]);
  if (builders.length > 0) {
    tree.set("/usr/local/bin/release-bot-clean-up", systemFile(cleanUpScript(environment), 0o755));
  }
  if (settings.isoBaseUrl !== null && builders.length > 0) {
    tree.set("/usr/local/bin/release-bot-iso", systemFile(isoScript(environment), 0o755));
  }
  if (infrastructure.mirrors.length > 0) {
    tree.set(mirrorsList, userFile(infrastructure.mirrors.map((mirror) => `${mirror}\n`).join("")));
  }
  if (infrastructure.commandsPublicKeys !== null) {
    tree.set(`${settingsDirectory}/trusted-keys.asc`, userFile(withNewline(infrastructure.commandsPublicKeys)));
  }
  if (!environment.builderv2) {
    const last = builders.at(-1)?.directory;
    // The builds' disposables bring templates back by it; it is builder v1's own, and all its directories have the same.
    if (last !== undefined) {
      const service = "qubesbuilder.CopyTemplateBack";
      tree.set(`${servicesDirectory}/${service}`, link(`${last}/rpc-services/${service}`));
    }
  }
  for (const builder of builders) {
    if (builder.file === null || !environment.builderv2) continue;
    const { source, directory } = builder;
    tree.set(
      `${directory}/builder.yml`,
      userFile(
        stringify({
          include: [`${directory}/sources/${source.component}/${builder.file}`],
          "artifacts-dir": directory,
          executor: { type: "qubes", options: { dispvm: "builder-dvm" } },
          "gpg-client": "/usr/bin/qubes-gpg-client-wrapper",
          // Maps are merged: what is granted to whom stays the included file's.
          ...(settings.isoBaseUrl === null ? {} : { github: { "iso-base-url": settings.isoBaseUrl } }),
        }),
      ),
    );
    tree.set(`${directory}/builder-config.yml`, userFile(fetchConfiguration(builder)));
  }
  if (settings.githubApiKey?.kind === "inline") {
    tree.set(`${settingsDirectory}/github-token`, secretFile(settings.githubApiKey.text));
  }
  if (settings.mirrorSshKey?.kind === "inline") tree.set(`${home}/.ssh/mirror`, secretFile(settings.mirrorSshKey.text));
  const { openqa } = settings;
  if (openqa?.key.kind === "inline" && openqa.secret.kind === "inline") {
    const content = `[${openqa.server}]\nkey = ${openqa.key.text}\nsecret = ${openqa.secret.text}\n`;
    tree.set(`${home}/.config/openqa/client.conf`, secretFile(content));
  }
  return tree;
}

/** Fetches only the configuration's repository, verified by its maintainers' keys, before there is a configuration. */
function fetchConfiguration({ source, directory }: Environment["builders"][number]): string {
  const { origin, pathname } = new URL(source.baseUrl);
  const git = {
    baseurl: origin,
    prefix: pathname.slice(1),
    branch: source.branch,
    maintainers: source.maintainers,
  };
  const component = { [source.component]: { packages: false, maintainers: source.maintainers } };
  return stringify({ git, components: [component], "artifacts-dir": directory });
}

function agentConfiguration(infrastructure: Infrastructure, environment: Environment): string {
  const { settings } = environment;
  const { build, keys } = environmentQubes(environment);
  const first = infrastructure.environments[0]?.name === environment.name;
  const tree = {
    qrexec: { transport: "qubes", "services-dir": socketDirectory },
    agent: {
      qube: build,
      "state-dir": `${home}/.local/state/release-bot/agent`,
      "builders-list": `${settingsDirectory}/builders.list`,
      keyring: `${settingsDirectory}/trusted-keys.asc`,
      verifiers: ["openpgp", "sqv"],
      // Exactly one environment answers what none of them serves.
      "answers-unknown": first,
      ...(first ? { known: knownElsewhere(infrastructure, environment) } : {}),
      github: {
        "report-repository": infrastructure.reportRepository,
        "logs-repository": infrastructure.logsRepository,
        "token-file": secretPath(settings.githubApiKey, `${settingsDirectory}/github-token`),
      },
      sign: { via: "key-gate", "keys-qube": keys },
      ...(infrastructure.mirrors.length > 0 ? { "mirrors-list": mirrorsList } : {}),
      ...keptCheckouts(environment),
    },
  };
  return stringify(tree, { lineWidth: 0 });
}

/** The checkouts that jobs bring forward, each by the signatures of those whom the description names for it. */
function keptCheckouts({ builderv2, builders }: Environment): { readonly checkouts?: readonly unknown[] } {
  const keys = builderKeysDirectory;
  const tools = { directory: builderDirectory, branch: "main", maintainers: builderMaintainers(builders), keys };
  const configurations = builders.map(({ directory, source: { component, branch, maintainers } }) => ({
    directory: `${directory}/sources/${component}`,
    branch,
    maintainers,
    keys,
  }));
  const kept = builderv2 ? [tools, ...configurations].filter(({ maintainers }) => maintainers.length > 0) : [];
  return kept.length === 0 ? {} : { checkouts: kept };
}

/** What can be known here of the other environments; components and distributions are filled in by the operator. */
function knownElsewhere(infrastructure: Infrastructure, here: Environment): Record<string, readonly string[]> {
  const others = infrastructure.environments.filter(({ name }) => name !== here.name);
  const releases = others.flatMap(({ builders }) => builders.map(({ release }) => release));
  return { releases: [...new Set(releases)].sort(), components: [], templates: [], distributions: [] };
}

function secretPath(secret: Secret | null, absent: string): string {
  return secret?.kind === "file" ? secret.path : absent;
}

function buildersList({ builders, builderv2 }: Environment): string {
  const lines = builders.map(({ directory, release }) =>
    builderv2 ? `${release}=${builderDirectory}=${directory}/builder.yml\n` : `${release}=${directory}\n`,
  );
  return `# RELEASE=DIRECTORY=CONFIG. Written by 'release-bot infra render'.\n${lines.join("")}`;
}

const rpmMacros = `# Signatures go through the job's log to the keys qube.
%__gpg /usr/bin/qubes-gpg-client-wrapper
%_gpg_sign_cmd_extra_args --digest-algo sha256
%_gpg_digest_algo sha256
`;

function sshConfiguration(infrastructure: Infrastructure, environment: Environment): string {
  const { sshProxy, netvm, remoteHosts } = infrastructure;
  const identity = secretPath(environment.settings.mirrorSshKey, "~/.ssh/mirror");
  const hosts = sshHosts(infrastructure);
  const proxied = hosts.map(
    (host) => `Host ${host}
  ProxyCommand /usr/bin/qrexec-client-vm ${netvm} local.ConnectSSH+%h
`,
  );
  const mirrors = remoteHosts.map(
    ({ host, user, port }) => `Host ${host}
  HostName ${host}
  User ${user}
${sshProxy ? "" : `  Port ${port}\n`}  IdentityFile ${identity}
  IdentitiesOnly yes
`,
  );
  return `# Written by 'release-bot infra render': change build-infra.yml instead.
${sshProxy ? "# Past Tor, and for ssh only: by the net qube, which joins us with these hosts and no other.\n" : ""}${proxied.join("")}${mirrors.join("")}
Host *
  BatchMode yes
  StrictHostKeyChecking yes
  UpdateHostKeys no
  ForwardAgent no
  ConnectTimeout 30
  ServerAliveInterval 15
  ControlMaster auto
  ControlPath ~/.ssh/control-%C
  ControlPersist 60
`;
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
