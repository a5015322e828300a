import { capture, tryCapture } from "../processes/index.ts";

/** How git is run. */
export interface GitOptions {
  /** A bare repository of ours. */
  readonly repository: string;
  /** What reaches git besides our own: `PATH`; an `SSH_AUTH_SOCK` or a proxy where the site has one. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Settings that hold whatever the machine's own configuration says: the remote is not trusted, so no helper programs, no
 * hooks, no submodules, and every object is checked as it comes.
 */
const settings = [
  "protocol.allow=never",
  "protocol.https.allow=always",
  "protocol.http.allow=always",
  "protocol.ssh.allow=always",
  "protocol.git.allow=always",
  "protocol.file.allow=always",
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "transfer.fsckObjects=true",
  "fetch.recurseSubmodules=false",
  "submodule.recurse=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "advice.detachedHead=false",
];

function run(options: GitOptions, args: readonly string[], extra: Readonly<Record<string, string>>) {
  return {
    program: "git",
    args: [`--git-dir=${options.repository}`, ...settings.flatMap((setting) => ["-c", setting]), ...args],
    directory: options.repository,
    environment: {
      ...options.environment,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ASKPASS: "true",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_REPLACE_OBJECTS: "1",
      LC_ALL: "C.UTF-8",
      ...extra,
    },
    limitMs: options.limitMs,
    signal: options.signal,
  };
}

/** Runs git and answers its output. Throws AdapterError where its exit status is not 0. */
export async function git(
  options: GitOptions,
  args: readonly string[],
  more: { readonly input?: Uint8Array | string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<Buffer> {
  const prepared = run(options, args, more.environment ?? {});
  return capture(more.input === undefined ? prepared : { ...prepared, input: more.input });
}

/** Runs git for a question whose answer is its exit status. */
export async function gitStatus(options: GitOptions, args: readonly string[]): Promise<number | null> {
  return (await tryCapture(run(options, args, {}))).status;
}
