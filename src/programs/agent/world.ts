import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createBackend, findWalls } from "../../adapters/builder/index.ts";
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import { NodeDisk } from "../../adapters/files/index.ts";
import { createSources } from "../../adapters/git/index.ts";
import { type RunProgram, runnerInUnits, runProgram, thisMachine } from "../../adapters/processes/index.ts";
import type { QrexecTransport } from "../../adapters/qrexec/index.ts";
import { openLogService } from "../../adapters/qrexec/log-service.ts";
import { writeGpgClientProgram } from "../../adapters/qrexec/split-gpg-program.ts";
import { announcingSigner, publicKeysAt } from "../../adapters/qrexec/split-gpg-signer.ts";
import { mirrorsOfBuilder, openRepositories, type Repositories, readMirrors } from "../../adapters/repository/index.ts";
import { GpgProgramSigner } from "../../adapters/signer/index.ts";
import type {
  Backend,
  BuilderPlace,
  BuildTask,
  ImageBackend,
  JobLog,
  LogService,
  Shelf,
  Sources,
} from "../../build/index.ts";
import type { PublicKeys, Signer } from "../../promotion/index.ts";
import type { QrexecSettings } from "../configuration.ts";
import type { Logger } from "../logging.ts";
import type { AgentSettings } from "./settings.ts";

/** What jobs reach of the world outside the agent's own state. */
export interface World {
  readonly sources: Sources;
  readonly logs: LogService;
  readonly signer: (log: JobLog) => Signer;
  readonly repositories: (builder: BuilderPlace) => Repositories;
  readonly backend: (builder: LoadedBuilder) => Backend & ImageBackend;
  /** What a tool that signs needs in its environment, besides the log's socket. */
  readonly signing: Readonly<Record<string, string>>;
  /** The environment of tools that the agent itself runs. */
  readonly tools: Readonly<Record<string, string>>;
  /** How the back-ends' own commands are run. */
  readonly run: RunProgram;
  readonly shelf: (builder: LoadedBuilder) => Shelf;
}

/** What the world is made from. */
export interface WorldParts {
  readonly settings: AgentSettings;
  readonly qrexec: QrexecSettings;
  readonly transport: QrexecTransport;
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Brings what a build published to its mirror. */
  readonly upload: (task: BuildTask) => Promise<void>;
}

const signLimitMs = 300_000;

/** Joins builds and promotions to git, logs, keys and repositories, as the section `agent:` has it. */
export function openWorld(parts: WorldParts): World {
  const { settings, transport, now } = parts;
  const state = settings["state-dir"];
  for (const directory of [settings.socketDirectory, join(state, "work")]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const keys = signing(parts);
  const tools = toolEnvironment(parts.environment);

  const known = new Map<string, Repositories>();
  const mirrors = settings["mirrors-list"] === null ? null : readMirrors(settings["mirrors-list"]);
  const repositories = ({ configuration, directory }: BuilderPlace): Repositories => {
    const root = join(configuration.artifactsDir, "repository-publish");
    const open =
      known.get(root) ??
      openRepositories({
        root,
        artifacts: configuration.artifactsDir,
        disk: new NodeDisk(),
        clock: now,
        keys: keys.publicKeys,
        debEngine: "auto",
        mirrors: mirrors ?? mirrorsOfBuilder(directory),
      });
    known.set(root, open);
    return open;
  };

  const walls = settings.native.isolation === "none" ? "lab" : "required";
  const run = buildRunner(parts.environment);
  return {
    sources: createSources({ root: join(state, "sources"), environment: tools, limitMs: 600_000 }),
    logs: openLogService({
      transport,
      socketDirectory: settings.socketDirectory,
      closeTimeoutMs: settings["log-timeout-seconds"] * 1000,
    }),
    signer: keys.signer,
    repositories,
    tools,
    run,
    signing: { ...keys.program.environment, RELEASE_BOT_GPG_CLIENT: keys.program.path },
    backend: ({ configuration }) =>
      createBackend(configuration.backend, {
        work: join(state, "work"),
        walls,
        run,
        environment: tools,
        repositories,
        gpg: keys.program,
        signer: keys.signer,
        upload: (task) => parts.upload(task),
      }),
    shelf: (builder) => ({
      standing: async (release, component) => {
        const versions = await repositories(builder).standing({ release, component, distribution: null });
        return versions.map(({ repository, dist, commit }) => ({ repository, distribution: dist, commit }));
      },
    }),
  };
}

/** Children of this program, or, where its own unit is a sandbox that says so, units outside of it. */
function buildRunner(environment: NodeJS.ProcessEnv): RunProgram {
  return environment["RELEASE_BOT_BUILDS_IN"] === "units" ? runnerInUnits(thisMachine()) : runProgram;
}

/**
 * Says at the start how native builds will run where the configuration lets them run without walls: a lab's machine may have
 * walls all the same, and then they are used.
 */
export async function sayWalls(
  { settings, environment }: Pick<WorldParts, "settings" | "environment">,
  log: Logger,
): Promise<void> {
  if (settings.native.isolation !== "none") return;
  const walls = await findWalls(
    "lab",
    join(settings["state-dir"], "work/walls"),
    toolEnvironment(environment),
    buildRunner(environment),
  );
  if (walls === "none") log.warn("native builds run without walls: only a lab may do so");
  else log.info({ walls }, "native builds run behind walls, though the configuration asks for none");
}

interface Signing {
  readonly signer: (log: JobLog) => Signer;
  readonly publicKeys: PublicKeys;
  readonly program: { readonly path: string; readonly environment: Readonly<Record<string, string>> };
}

/** Through the key gate, with each signature announced in the job's log; or by gpg in this very qube. */
function signing({ settings, qrexec, transport, environment }: WorldParts): Signing {
  const { via, homedir } = settings.sign;
  const tools = toolEnvironment(environment);
  if (via === "gpg") {
    const home = homedir === null ? {} : { GNUPGHOME: homedir };
    const gpg = new GpgProgramSigner({ program: "gpg", environment: home, limitMs: signLimitMs });
    return {
      signer: () => gpg,
      publicKeys: gpg,
      program: { path: "/usr/bin/gpg", environment: { ...tools, ...home } },
    };
  }
  const gate = { transport, target: settings.sign["keys-qube"], timeoutMs: signLimitMs };
  const own = { node: process.execPath, entry: process.argv[1] ?? "release-bot" };
  return {
    signer: (log) => announcingSigner({ ...gate, log }),
    publicKeys: publicKeysAt(gate),
    program: {
      path: writeGpgClientProgram(settings["state-dir"], own),
      environment: {
        ...tools,
        RELEASE_BOT_QREXEC: qrexec.transport === "local" ? `local:${qrexec.socket}` : "qubes",
        RELEASE_BOT_KEYS_QUBE: gate.target,
      },
    },
  };
}

/** What tools are given of the agent's environment: nothing that could hold a secret. */
export function toolEnvironment(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const wanted = ["PATH", "HOME", "LANG", "TMPDIR", "http_proxy", "https_proxy", "no_proxy", "SSH_AUTH_SOCK"];
  const found = wanted.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(found), LC_ALL: "C.UTF-8" };
}
