/** Starts the lab's programs, each when those that it calls are ready: broker, keys, logs, build qubes, net qube. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { brokerSocket, writeBrokerPlan } from "./broker-plan.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { type GithubLab, startGithubLab } from "./github/index.ts";
import type { GithubAccess } from "./github-view.ts";
import { LabFault } from "./lab-fault.ts";
import { buildQubesOf, type Environment, environmentsOf, type LabComponent, type PreparedLab } from "./preparation.ts";
import { gnupgHome, type Qube } from "./qube.ts";
import { githubNames, writeAgentSettings, writeLogSettings, writeReceiverSettings } from "./settings.ts";

/** The lab's GitHub, and the tokens with which the bot and a maintainer come to it. */
export interface LabGithub {
  readonly lab: GithubLab;
  readonly botToken: string;
  readonly maintainerToken: string;
}

/** Starts GitHub: the emulator, with the lab's repositories. */
export async function startGithub(lab: PreparedLab, started: Started): Promise<LabGithub> {
  const tokens = {
    bot: `ghp_bot${randomBytes(16).toString("hex")}`,
    maintainer: `ghp_man${randomBytes(16).toString("hex")}`,
  };
  const names = [githubNames.reports, githubNames.issues, githubNames.logs, lab.ready.repository, lab.young.repository];
  const github = await startGithubLab({
    repositories: names.map((name) => `${githubNames.owner}/${name}`),
    tokens: { [tokens.bot]: "release-bot", [tokens.maintainer]: "release-manager" },
    webhook: null,
  });
  started.push({ name: "GitHub", stop: () => github.close() });
  return { lab: github, botToken: tokens.bot, maintainerToken: tokens.maintainer };
}

/** The lab with everything running. */
export interface RunningLab extends PreparedLab {
  readonly github: LabGithub;
  /** The status issues' repository, as a maintainer reaches it. */
  readonly reports: GithubAccess;
  /** `http://127.0.0.1:PORT` of the receiver, and the secret with which webhooks are signed. */
  readonly receiver: { readonly url: string; readonly secret: string };
  readonly daemons: readonly Daemon[];
  /** The directory in which each program's log lies. */
  readonly logFiles: string;
}

/** How long the key gate waits for an announcement's acknowledgement before it refuses; 60 s outside the lab. */
const gateWaitSeconds = 15;

const source = join(import.meta.dirname, "..");

/** What ends everything that was started so far; it is filled while the lab is started. */
export type Started = { readonly name: string; stop(): Promise<void> }[];

/** What the programs are started with. */
export interface LabStart {
  readonly github: LabGithub;
  /** dom0's policy files, name → text. */
  readonly policy: ReadonlyMap<string, string>;
  /** What is started is pushed here at once, so that a failure half way can be cleaned up. */
  readonly started: Started;
  /** The directory for the programs' logs. */
  readonly logFiles: string;
}

/** Starts all of it. */
export async function startLab(lab: PreparedLab, plan: LabStart): Promise<RunningLab> {
  const { github, policy, started, logFiles } = plan;
  const daemons: Daemon[] = [];
  const start = async (qube: Qube | null, name: string, module: string, args: readonly string[]): Promise<Daemon> => {
    const daemon = await startDaemon({
      name,
      program: process.execPath,
      args: [join(source, module), ...args],
      environment: qube?.environment ?? lab.environment,
      directory: qube?.home ?? lab.root,
      logFile: join(logFiles, `${name.replaceAll(" ", "-")}.log`),
      ready: /\bready\b/,
    });
    daemons.push(daemon);
    started.push(daemon);
    return daemon;
  };
  const bot = (qube: Qube, words: readonly string[]): Promise<Daemon> =>
    start(qube, `${qube.name} ${words[0]}`, "programs/release-bot.ts", words);

  await start(null, "broker", "lab/broker.ts", [writeBrokerPlan(lab, policy)]);
  const buildQubes = buildQubesOf(lab);
  const logConfig = writeLogSettings(lab.logs, brokerSocket(lab.logs), lab.people, lab.logsRepository, buildQubes);
  const secret = randomBytes(20).toString("hex");
  const netConfig = writeReceiverSettings(lab.net, brokerSocket(lab.net), secret, buildQubes);
  const [receiver] = await Promise.all([
    bot(lab.net, ["receiver", "--config", netConfig]),
    bot(lab.logs, ["log-receiver", "--config", logConfig]),
    ...environmentsOf(lab).map((environment) => bot(environment.keys, keyGateWords(lab, environment))),
    ...environmentsOf(lab).map((environment) =>
      bot(environment.build, ["agent", "--config", agentConfig(lab, environment, github)]),
    ),
  ]);
  const url = receiverUrl(receiver);
  github.lab.deliverTo({ url: `${url}/github-hooks/process-comment`, secret });
  return {
    ...lab,
    github,
    reports: {
      apiUrl: github.lab.apiUrl,
      token: github.maintainerToken,
      repository: `${githubNames.owner}/${githubNames.reports}`,
    },
    receiver: { url, secret },
    daemons,
    logFiles,
  };
}

function keyGateWords(lab: PreparedLab, { build, keys }: Environment): string[] {
  const options = {
    "services-dir": keys.services,
    "state-dir": join(keys.home, ".local/state/release-bot/key-gate"),
    mode: "announce",
    window: "900",
    wait: String(gateWaitSeconds),
    "build-qube": build.name,
    "logs-qube": lab.logs.name,
    gpg: "gpg",
    homedir: gnupgHome(keys),
  };
  return ["key-gate", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
}

/** The builder's directory of a component in a build qube. */
export function builderDirectory({ build }: Environment, { name }: LabComponent): string {
  return join(build.home, "builders", name);
}

function agentConfig(lab: PreparedLab, environment: Environment, github: LabGithub): string {
  const components = [lab.ready, lab.young];
  return writeAgentSettings({
    qube: environment.build,
    keysQube: environment.keys.name,
    broker: brokerSocket(environment.build),
    people: lab.people,
    distribution: environment.distribution,
    builders: components.map((component) => {
      const directory = builderDirectory(environment, component);
      mkdirSync(directory, { recursive: true });
      return { component: component.name, url: component.bare, minAgeDays: component.minAgeDays, directory };
    }),
    github: { apiUrl: github.lab.apiUrl, token: github.botToken },
    known:
      environment === lab.fedora
        ? {
            components: components.map(({ name }) => name),
            distributions: environmentsOf(lab).map(({ distribution }) => distribution.name),
          }
        : null,
    // Walls where the machine can give them, and a build without them where it cannot: only a lab may ask for that.
    isolation: "none",
  });
}

const readyLine = z.object({
  listen: z.object({ host: z.string(), port: z.int().positive() }),
  msg: z.literal("ready"),
});

/** Port 0 was asked for: the address that was got stands in the `ready` line. */
function receiverUrl(receiver: Daemon | undefined): string {
  for (const line of receiver?.log().split("\n") ?? []) {
    if (!/\bready\b/.test(line)) continue;
    const { listen } = readyLine.parse(JSON.parse(line));
    return `http://${listen.host}:${listen.port}`;
  }
  throw new LabFault("the receiver did not say where it listens");
}

/** Ends all that was started, the last first. */
export async function stopAll(started: Started): Promise<void> {
  for (const part of started.splice(0).reverse()) await part.stop();
}
