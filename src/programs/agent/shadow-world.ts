import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { lookingBackend } from "../../adapters/builder/index.ts";
import { NodeDisk } from "../../adapters/files/index.ts";
import { createSources } from "../../adapters/git/index.ts";
import { qrexecTransport } from "../../adapters/qrexec/index.ts";
import { publicKeysAt } from "../../adapters/qrexec/split-gpg-signer.ts";
import { openReadingRepositories, type ReadingRepositories } from "../../adapters/repository/index.ts";
import { needTool } from "../../adapters/signer/index.ts";
import type { BuilderPlace, JobLog, LogService } from "../../build/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { PublicKeys } from "../../promotion/index.ts";
import type { AgentParts } from "./hands.ts";
import { toolEnvironment, type World } from "./world.ts";

/** The world as an agent in shadow mode has it: what can be read of it, and back-ends that have nothing to run. */
export interface ShadowWorld extends Pick<World, "sources" | "logs" | "backend" | "shelf"> {
  readonly repositories: (builder: BuilderPlace) => ReadingRepositories;
}

const exportLimitMs = 300_000;

/** Opens it. Sources are fetched into the agent's own state; everything else is only read. */
export function openShadowWorld({
  settings,
  qrexec,
  clock,
}: Pick<AgentParts, "settings" | "qrexec" | "clock">): ShadowWorld {
  const state = settings["state-dir"];
  mkdirSync(join(state, "sources"), { recursive: true, mode: 0o700 });
  const keys = publicKeysOf({ settings, qrexec });
  const known = new Map<string, ReadingRepositories>();
  const repositories = ({ configuration }: BuilderPlace): ReadingRepositories => {
    const { artifactsDir: artifacts } = configuration;
    const root = join(artifacts, "repository-publish");
    const open =
      known.get(root) ??
      openReadingRepositories({ root, artifacts, disk: new NodeDisk(), clock: clock.now, keys, debEngine: "auto" });
    known.set(root, open);
    return open;
  };
  return {
    sources: createSources({
      root: join(state, "sources"),
      environment: toolEnvironment(process.env),
      limitMs: 600_000,
    }),
    logs: silentLogs,
    repositories,
    backend: ({ configuration }) => lookingBackend(configuration.backend),
    shelf: (builder) => ({
      standing: async (release, component) => {
        const versions = await repositories(builder).standing({ release, component, distribution: null });
        return versions.map(({ repository, dist, commit }) => ({ repository, distribution: dist, commit }));
      },
    }),
  };
}

/** The public halves alone: there is nothing here to sign with. */
function publicKeysOf({ settings, qrexec }: Pick<AgentParts, "settings" | "qrexec">): PublicKeys {
  const { via, homedir, "keys-qube": target } = settings.sign;
  if (via === "key-gate") return publicKeysAt({ transport: qrexecTransport(qrexec), target, timeoutMs: exportLimitMs });
  const environment = homedir === null ? {} : { GNUPGHOME: homedir };
  // Even to read its keyring gpg would put lock files beside it.
  const args = ["--batch", "--no-tty", "--lock-never", "--export"];
  return {
    publicKey: async (key) => {
      const found = await needTool({ program: "gpg", args: [...args, key], environment, limitMs: exportLimitMs });
      if (found.length > 0) return found;
      throw new AdapterError("SIGNER_FAILED", `gpg has no public key ${key}`);
    },
  };
}

/** Logs that nobody gets. */
const silentLogs: LogService = {
  open: async (): Promise<JobLog> => ({
    note: () => undefined,
    output: async () => undefined,
    announce: async () => {
      throw new Error("in shadow mode nothing is signed");
    },
    socketPath: "",
    tail: () => "",
    close: async () => null,
    broken: new Promise<never>(() => undefined),
  }),
};
