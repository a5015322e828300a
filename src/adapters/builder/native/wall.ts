import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AdapterError } from "../../../domain/index.ts";
import type { ProgramEnd, RunProgram } from "../../processes/index.ts";

/**
 * What stands between a recipe and the agent. `root`: namespaces, and a user of its own; `subordinate`: the same for an
 * agent that is not root, by a user namespace with subordinate ids; `none`: nothing, only for the lab.
 */
export type WallKind = "root" | "subordinate" | "none";

/** Whether a build without walls is refused (real builders), or said and done all the same (the lab on a bare machine). */
export type WallRule = "required" | "lab";

/** A user that nobody is: what runs behind the walls has nothing outside of its build directory. */
const builderUid = 59_999;
const script = join(import.meta.dirname, "wall.sh");

const namespaces = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child=KILL"];

/** A killed agent ends nothing itself: the kernel does it, and all behind the walls goes with their first process. */
const withAgent = ["--pdeathsig", "KILL", "--"];

/** One command behind the walls. It sees its build directory as `/build`. */
export interface WalledRun {
  readonly kind: WallKind;
  readonly run: RunProgram;
  /** Holds `root/` for the walls' file tree, and `build/`, the command's own. */
  readonly directory: string;
  /** Where below its build directory it begins: `.`, `out/source`. */
  readonly begin: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Between TERM and KILL; 10 s unless a test is in a hurry. */
  readonly graceMs?: number;
  readonly onOutput: (chunk: Uint8Array) => void | Promise<void>;
}

/** Longer than any build may last: what bounds it is the signal of its time limit. */
const foreverMs = 8 * 86_400_000;

function commandLine(run: WalledRun): readonly [program: string, args: readonly string[]] {
  const [root, build] = [join(run.directory, "root"), join(run.directory, "build")];
  const inner = [script, root, build, String(builderUid), run.begin, run.program, ...run.args];
  switch (run.kind) {
    case "root":
      return ["setpriv", [...withAgent, "unshare", ...namespaces, "sh", ...inner]];
    case "subordinate":
      return ["setpriv", [...withAgent, "unshare", "--map-root-user", "--map-auto", ...namespaces, "sh", ...inner]];
    case "none":
      return [run.program, run.args];
  }
}

/** Runs a command behind the walls; its status is the caller's to judge. Nothing that it started is left when this resolves. */
export async function runWalled(run: WalledRun): Promise<ProgramEnd> {
  const [program, args] = commandLine(run);
  mkdirSync(join(run.directory, "root"), { recursive: true });
  return run.run({
    program,
    args,
    directory: run.kind === "none" ? join(run.directory, "build", run.begin) : run.directory,
    environment: { ...run.environment, HOME: run.kind === "none" ? join(run.directory, "build/home") : "/build/home" },
    limitMs: foreverMs,
    signal: run.signal,
    ...(run.graceMs === undefined ? {} : { graceMs: run.graceMs }),
    onOutput: run.onOutput,
  });
}

/** Where the command finds its build directory. */
export function insidePath(kind: WallKind, directory: string): string {
  return kind === "none" ? join(directory, "build") : "/build";
}

/**
 * Finds out which walls this machine can give, by trying them. Throws AdapterError `DENIED` with what the kernel said
 * where there are none and the rule asks for them.
 */
export async function findWalls(
  rule: WallRule,
  directory: string,
  environment: Readonly<Record<string, string>>,
  run: RunProgram,
): Promise<WallKind> {
  mkdirSync(join(directory, "build/home"), { recursive: true });
  const kinds: readonly WallKind[] = process.getuid?.() === 0 ? ["root"] : ["subordinate"];
  let said = "";
  for (const kind of kinds) {
    const signal = AbortSignal.timeout(30_000);
    const onOutput = (chunk: Uint8Array): void => {
      said = (said + Buffer.from(chunk).toString("latin1")).slice(-300);
    };
    const end = await runWalled({
      kind,
      run,
      directory,
      begin: ".",
      program: "true",
      args: [],
      environment,
      signal,
      onOutput,
    }).catch((fault: unknown) => {
      // A machine without the tools for walls has none.
      if (!(fault instanceof AdapterError)) throw fault;
      said = fault.message;
      return null;
    });
    if (end?.status === 0) return kind;
  }
  if (rule === "lab") return "none";
  throw new AdapterError(
    "DENIED",
    `no walls can be put around a build here (${said.trim().replace(/\s+/g, " ")}): run the agent as root, or give its user subordinate ids (/etc/subuid, package uidmap)`,
  );
}
