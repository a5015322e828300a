/** The configuration files of the lab's qubes: the same files, in the same form, as an operator has them. */
import { join } from "node:path";
import { stringify } from "yaml";
import type { ComponentName, Distribution, QubeName } from "../domain/index.ts";
import type { People } from "./people.ts";
import { type Qube, writeQubeFile, writeSettings } from "./qube.ts";

/** The lab's repositories on its GitHub. */
export const githubNames = {
  owner: "qubes-lab",
  reports: "updates-status",
  issues: "qubes-issues",
  logs: "build-logs",
} as const;

const repository = (name: string): string => `${githubNames.owner}/${name}`;

/** One of a build qube's builders: a component, and how old it must be before it may go to `current`. */
interface BuilderPlan {
  readonly component: ComponentName;
  /** What is fetched from. */
  readonly url: string;
  readonly minAgeDays: number;
  /** The builder's directory; its `artifacts/` holds `repository-publish/`. */
  readonly directory: string;
}

/** Writes `build-vms.list`, the webhook's secret and `config.yml` of the net qube. Answers the configuration's path. */
export function writeReceiverSettings(
  qube: Qube,
  broker: string,
  secret: string,
  buildQubes: readonly QubeName[],
): string {
  writeQubeFile(qube, ".config/release-bot/webhook-secret", `${secret}\n`);
  writeQubeFile(qube, ".config/release-bot/build-vms.list", `${buildQubes.join("\n")}\n`);
  return writeSettings(qube, "config.yml", {
    qrexec: { transport: "local", socket: broker, "services-dir": qube.services },
    receiver: {
      // Port 0: whichever is free.
      listen: { host: "127.0.0.1", port: 0 },
      monitor: { host: "127.0.0.1", port: 0 },
      "webhook-secret-file": "webhook-secret",
      "state-dir": "~/.local/state/release-bot/receiver",
      "build-vms-list": "build-vms.list",
      owners: [githubNames.owner],
      "report-repository": repository(githubNames.reports),
    },
  });
}

/** Writes the logs qube's `config.yml`; `remote` is the bare repository that everybody can read. */
export function writeLogSettings(
  qube: Qube,
  broker: string,
  people: People,
  remote: string,
  buildQubes: readonly QubeName[],
): string {
  return writeSettings(qube, "config.yml", {
    qrexec: { transport: "local", socket: broker, "services-dir": qube.services },
    "log-receiver": {
      "state-dir": "~/.local/state/release-bot/log-receiver",
      remote,
      branch: "master",
      "signing-key": people.logs.fingerprint,
      gnupghome: people.logs.home,
      acknowledge: buildQubes,
    },
  });
}

/** What a build qube's files are made from. */
export interface AgentPlan {
  readonly qube: Qube;
  readonly keysQube: QubeName;
  readonly broker: string;
  readonly people: People;
  readonly distribution: Distribution;
  readonly builders: readonly BuilderPlan[];
  readonly github: { readonly apiUrl: string; readonly token: string };
  /** Names that all environments serve, for the one that answers what nobody serves; null for the others. */
  readonly known: { readonly components: readonly ComponentName[]; readonly distributions: readonly string[] } | null;
  /** `none`: also where this machine cannot put walls around a build; the agent says so in its log. */
  readonly isolation: "namespaces" | "none";
}

/** The release that the lab builds for. */
export const labRelease = "r4.3";

/** Writes a build qube's `config.yml`, `builders.list`, trusted keys and a `builder.yml` a builder. */
export function writeAgentSettings(plan: AgentPlan): string {
  const { qube, people } = plan;
  const at = (path: string): string => join(".config/release-bot", path);
  writeQubeFile(qube, at("github-token"), `${plan.github.token}\n`);
  writeQubeFile(
    qube,
    at(`trusted-keys/${people.releaseManager.fingerprint}.asc`),
    people.releaseManager.certificate,
    0o644,
  );
  writeQubeFile(qube, at(`source-keys/${people.developer.fingerprint}.asc`), people.developer.certificate, 0o644);
  const lines = plan.builders.map((builder) => {
    const file = writeQubeFile(qube, at(`${builder.component}.yml`), stringify(builderYml(plan, builder)));
    return `${labRelease}=${builder.directory}=${file}\n`;
  });
  writeQubeFile(qube, at("builders.list"), lines.join(""));
  return writeSettings(qube, "config.yml", {
    qrexec: { transport: "local", socket: plan.broker, "services-dir": qube.services },
    agent: {
      qube: qube.name,
      "state-dir": "~/.local/state/release-bot/agent",
      "builders-list": "builders.list",
      "trusted-keys": "trusted-keys",
      verifiers: ["openpgp", "sqv"],
      "answers-unknown": plan.known !== null,
      ...(plan.known === null ? {} : { known: { releases: [labRelease], templates: [], ...plan.known } }),
      "poll-seconds": 5,
      github: {
        "api-url": plan.github.apiUrl,
        "report-repository": repository(githubNames.reports),
        "issues-repository": repository(githubNames.issues),
        "logs-repository": repository(githubNames.logs),
        "token-file": "github-token",
      },
      native: { isolation: plan.isolation },
      sign: { via: "key-gate", "keys-qube": plan.keysQube },
    },
  });
}

function builderYml(plan: AgentPlan, builder: BuilderPlan): unknown {
  const { people, qube, distribution } = plan;
  return {
    "qubes-release": labRelease,
    distributions: [distribution.name],
    git: { maintainers: [people.developer.fingerprint] },
    "key-dirs": [join(qube.settings, "source-keys")],
    components: [{ [builder.component]: { url: builder.url, branch: "main" } }],
    "repository-publish": { components: "current-testing" },
    "sign-key": {
      [distribution.type]: plan.distribution.type === "deb" ? people.debian.fingerprint : people.fedora.fingerprint,
    },
    "min-age-days": builder.minAgeDays,
    "artifacts-dir": join(builder.directory, "artifacts"),
    timeout: 600,
    github: {
      "build-report-repo": repository(githubNames.reports),
      "issues-repo": repository(githubNames.issues),
      "logs-repo": repository(githubNames.logs),
      maintainers: {
        [people.releaseManager.fingerprint]: {
          components: [builder.component],
          distributions: "_all_",
          hold: true,
          unhold: true,
        },
      },
    },
    "release-bot": { backend: "native", promotion: "native" },
  };
}
