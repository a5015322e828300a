#!/usr/bin/env node
/**
 * The entry of every program: finds the subcommand in the table and loads that one module, so that a service executable
 * starts without the libraries that it does not use.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { groups, subcommands } from "./subcommands.ts";

/** Typed by people, who wait; daemons start once, and none of their code comes from where a user's programs can write. */
const typed: ReadonlySet<string> = new Set(["repo", "verify", "list", "why", "config", "completion", "help"]);

/**
 * Keeps what Node makes of our modules for the next start, which halves it. In a directory of this user's alone, unlike
 * Node's own choice below /tmp. Where it cannot be written, nothing is kept.
 */
function keepCompiled(environment: NodeJS.ProcessEnv): void {
  if (environment.NODE_COMPILE_CACHE !== undefined || environment.NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const caches = environment.XDG_CACHE_HOME ?? join(environment.HOME ?? "", ".cache");
  if (caches.startsWith("/")) enableCompileCache(join(caches, "release-bot/node"));
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    await printHelp(usage());
    return name === undefined ? 2 : 0;
  }
  const entry = subcommands.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const { nearest } = await import("../../commands/index.ts");
    const near = nearest(
      name,
      subcommands.map((known) => known.name),
    );
    const hint = near === null ? "" : `; did you mean '${near}'?`;
    process.stderr.write(`release-bot: there is no '${name}'${hint}; 'release-bot --help' lists what there is\n`);
    return 2;
  }
  if (typed.has(name)) keepCompiled(process.env);
  const program = await entry.load();
  if (asksForHelp(rest)) {
    await printHelp(program.help);
    return 0;
  }
  return program.main(rest);
}

/** What stands behind `--` is another program's. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words[0] === "-h" || (end === -1 ? words : words.slice(0, end)).includes("--help");
}

/** On a terminal in its columns; a pipe gets the lines as they are, without loading what fits them. */
async function printHelp(text: string): Promise<void> {
  const { columns, isTTY } = process.stdout;
  process.stdout.write(isTTY ? (await import("./cli/fitted.ts")).fitted(text, columns) : text);
}

function usage(): string {
  const width = Math.max(...subcommands.map((entry) => entry.name.length));
  const parts = Object.entries(groups).map(([group, title]) => {
    const entries = subcommands.filter((entry) => entry.group === group);
    const lines = entries.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.summary}`);
    return `${title}:\n${lines.join("\n")}`;
  });
  return `release-bot: signed-comment bot and release promoter for Qubes OS\n\n${parts.join("\n\n")}\n\n'release-bot NAME --help' says more of each.\n`;
}

/** What a shell says of a program that a closed pipe ended. */
const closedPipe = 141;

// Whoever reads ends first, as `head` does: that is no fault, and nobody wants its trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(closedPipe);
  });
}

process.exitCode = await main(process.argv.slice(2));
