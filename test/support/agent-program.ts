import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { GpgHome } from "./gpg-home.ts";

/** An agent's directory: configuration, keys, a builder, a component's repository. The program is started from it as often as wanted. */
export interface AgentPlace {
  readonly directory: string;
  readonly database: string;
  /** Where its sockets lie; `rpc/` unless said. */
  readonly services?: string;
  /** Commits of core-admin, oldest first. */
  readonly commits: readonly string[];
}

const entry = join(import.meta.dirname, "../../src/programs/release-bot.ts");

/** Makes the place. GitHub is at a port where nobody listens: what it is to be told stays in the outbox. */
export function makeAgentPlace(directory: string, home: GpgHome, signer: string, commitCount: number): AgentPlace {
  for (const name of ["keys", "rpc", "state", "builder"]) mkdirSync(join(directory, name));
  const bare = join(directory, "core-admin.git");
  const commits = makeRepository(bare, commitCount);
  writeFileSync(join(directory, "keys", `${signer}.asc`), home.exportKey(signer));
  writeFileSync(join(directory, "builders.list"), `r4.3=${join(directory, "builder")}=builder.yml\n`);
  const builder = {
    "qubes-release": "r4.3",
    distributions: ["host-fc41", "vm-bookworm"],
    git: { maintainers: [signer] },
    components: [{ "core-admin": { url: bare, branch: "main" } }],
    "sign-key": { rpm: signer, deb: signer },
    "artifacts-dir": "artifacts",
    github: { maintainers: { [signer]: { components: "_all_", distributions: "_all_", hold: true, unhold: true } } },
  };
  writeFileSync(join(directory, "builder/builder.yml"), JSON.stringify(builder));
  writeFileSync(join(directory, "token"), "none\n");
  const agent = {
    qube: "build-fedora",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    github: { "api-url": "http://127.0.0.1:9", "token-file": "token" },
  };
  const qrexec = { transport: "local", socket: join(directory, "none.sock"), "services-dir": "rpc" };
  writeFileSync(join(directory, "config.yml"), JSON.stringify({ qrexec, agent }));
  return { directory, database: join(directory, "state/agent.db"), commits };
}

function makeRepository(bare: string, count: number): readonly string[] {
  const git = (args: readonly string[], input = ""): string =>
    execFileSync("git", ["-c", "init.defaultBranch=main", ...args], {
      input,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
  git(["init", "--quiet", "--bare", bare]);
  const stream = Array.from({ length: count }, (_none, index) => {
    const text = `commit ${index}\n`;
    return `commit refs/heads/main\ncommitter T <t@example.org> ${1_700_000_000 + index} +0000\ndata ${text.length}\n${text}\n`;
  });
  git([`--git-dir=${bare}`, "fast-import", "--quiet"], stream.join(""));
  return git([`--git-dir=${bare}`, "rev-list", "--reverse", "main"])
    .trim()
    .split("\n");
}

/** All that such a program has of our environment. */
const inherited = (): NodeJS.ProcessEnv => {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE };
};

/** A release-bot program under way. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Everything that it printed. */
  said(): string;
  /** Ends it by the signal and waits. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `release-bot WORDS…` and waits for its `ready`; `program` is another than this checkout's. */
export function startReleaseBot(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  program = entry,
): Promise<RunningProgram> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...inherited(), ...environment },
    });
    let said = "";
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    const listen = (chunk: Buffer): void => {
      said += chunk.toString("utf8");
      if (said.includes('"msg":"ready"')) {
        resolve({
          child,
          said: () => said,
          end: async (signal) => {
            child.kill(signal);
            await ended;
          },
        });
      }
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    void ended.then(() => reject(new Error(`${words[0]} ended before it was ready: ${said}`)));
  });
}

/** How a call of a socket service ended: what was answered until the connection closed, or could not be made. */
export function callSocket(
  place: AgentPlace,
  service: string,
  argument: string,
  input: string,
): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = "";
    const connection = connect({
      path: join(place.services ?? join(place.directory, "rpc"), service),
      allowHalfOpen: true,
    });
    connection.end(`${service}+${argument} sys-net\0${input}`, "latin1");
    connection.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    connection.on("error", () => resolve(null));
    connection.on("close", () => resolve(answer));
  });
}

/** `release-bot WORDS…` to its end. */
export function runReleaseBot(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  input = "",
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...words], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...inherited(), ...environment },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(input, "latin1");
  });
}
