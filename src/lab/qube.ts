/** A qube of the lab: a home directory of its own, a place for its qrexec services, and the environment of its programs. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { QubeName } from "../domain/index.ts";
import { runMark } from "./process-table.ts";

/** Where a qube's things lie. */
export interface Qube {
  readonly name: QubeName;
  readonly home: string;
  /** Its services, a unix socket each: what the broker connects to. */
  readonly services: string;
  /** `~/.config/release-bot`. */
  readonly settings: string;
  /** Its programs' environment: nothing of the caller's but PATH. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Makes the qube's directories under the run's root. */
export function createQube(root: string, name: QubeName, environment: NodeJS.ProcessEnv): Qube {
  const home = join(root, "qubes", name);
  const services = join(home, "rpc");
  const settings = join(home, ".config/release-bot");
  for (const directory of [services, settings]) mkdirSync(directory, { recursive: true });
  return { name, home, services, settings, environment: { ...environment, HOME: home } };
}

/**
 * Where the qube's keys lie. Not `~/.gnupg`: for that one gpg's agent listens under `/run/user/UID`, which all qubes of the
 * lab share, and would be the agent of whoever came first.
 */
export function gnupgHome(qube: Qube): string {
  return join(qube.home, "gnupg");
}

/** Writes one of the qube's files; `mode` is 0600 unless others must read it. Answers its path. */
export function writeQubeFile(qube: Qube, path: string, text: string, mode = 0o600): string {
  const file = join(qube.home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** Writes `~/.config/release-bot/NAME` as YAML. Answers its path. */
export function writeSettings(qube: Qube, name: string, tree: unknown): string {
  return writeQubeFile(qube, join(".config/release-bot", name), stringify(tree, { lineWidth: 0 }));
}

/** The environment that everything of a run shares: the run's mark, and of the caller's PATH and where compiled modules lie. */
export function baseEnvironment(root: string, caller: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    PATH: caller["PATH"],
    LANG: "C.UTF-8",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    HOME: root,
    TMPDIR: join(root, "tmp"),
    // Programs of all qubes are the same here, and one of them after the other is started: their types are stripped once.
    NODE_COMPILE_CACHE: caller["NODE_COMPILE_CACHE"] ?? join(root, "compiled"),
    [runMark]: root,
  };
}
