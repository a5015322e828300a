/** `release-bot logs`, in the logs qube: looks at logs as they come, and lets an embargo go. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { keptLength, keptLogs, OpenLogs, readKeptLog } from "../../adapters/logs/index.ts";
import { AdapterError, type LogPath } from "../../domain/index.ts";
import { parseLogPath } from "../../formats/build-log/index.ts";
import { readConfiguration } from "../configuration.ts";
import { logReceiverSettings, stateLayout } from "../log-receiver/settings.ts";

/** What `--help` says. */
export const help = `release-bot logs tail [-f] [PATH] [--config FILE]
                                                    the log (without PATH the newest); -f: as it grows, until it is closed
release-bot logs list [--config FILE]               every log that is kept here, open ones marked
release-bot logs status [--config FILE] [--json]    what is not pushed yet, and why; exit status 1 when something is not
release-bot logs release [--config FILE]            ends the embargo: what was held back is pushed

Example: release-bot logs tail -f
         release-bot logs status --json
Exit status 0 done, 1 it could not be done, or something is not pushed (status), 2 wrong usage.
`;

const lookAgainMs = 200;

type Layout = ReturnType<typeof stateLayout>;

async function tail(layout: Layout, untrustedPath: string | undefined, follow: boolean): Promise<number> {
  const path: LogPath | null =
    untrustedPath === undefined ? (keptLogs(layout.logs).at(-1) ?? null) : parseLogPath(untrustedPath);
  if (path === null) {
    process.stderr.write(
      untrustedPath === undefined ? "there is no log yet\n" : `${untrustedPath}: is no log's path\n`,
    );
    return 1;
  }
  const open = new OpenLogs(layout.open);
  for (let from = 0; ; ) {
    // Asked before reading: what comes between the two is read in the next round.
    const growing = follow && open.has(path);
    for await (const chunk of readKeptLog(layout.logs, path, from) as AsyncIterable<Buffer>) {
      from += chunk.length;
      if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    if (!growing) return 0;
    while (open.has(path) && keptLength(layout.logs, path) === from) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}

function list(layout: Layout): number {
  const open = new OpenLogs(layout.open);
  for (const path of keptLogs(layout.logs)) process.stdout.write(`${path}${open.has(path) ? " (open)" : ""}\n`);
  return 0;
}

function status(layout: Layout, form: "json" | "text"): number {
  if (!existsSync(layout.status)) {
    process.stdout.write(form === "json" ? "null\n" : "nothing has been committed yet\n");
    return 0;
  }
  const text = readFileSync(layout.status, "utf8");
  const { waiting, since, reason, embargo } = JSON.parse(text) as {
    waiting: number;
    since: number | null;
    reason: string | null;
    embargo: boolean;
  };
  if (form === "json") process.stdout.write(text);
  else if (since === null) process.stdout.write("everything is pushed\n");
  else {
    const why = embargo ? "held back by the embargo; 'release-bot logs release' ends it" : (reason ?? "being pushed");
    process.stdout.write(`${waiting} commits not pushed since ${new Date(since).toISOString()}: ${why}\n`);
  }
  return since === null ? 0 : 1;
}

/** Runs one of the subcommands. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h") {
    process.stdout.write(help);
    return 0;
  }
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        config: { type: "string" },
        follow: { type: "boolean", short: "f" },
        json: { type: "boolean" },
      },
    });
    const known = name === "tail" || name === "list" || name === "status" || name === "release";
    if (!known || positionals.length > (name === "tail" ? 1 : 0)) throw new TypeError("say what to do");
    const settings = logReceiverSettings(readConfiguration(values.config, process.env), process.env);
    const layout = stateLayout(settings.stateDirectory);
    switch (name) {
      case "tail":
        return await tail(layout, positionals[0], values.follow === true);
      case "list":
        return list(layout);
      case "status":
        return status(layout, values.json === true ? "json" : "text");
      case "release":
        // The receiver looks for this file each second while it holds something back.
        rmSync(layout.embargo, { force: true });
        process.stdout.write("the embargo is over; 'release-bot logs status' says when everything is pushed\n");
        return 0;
    }
  } catch (error) {
    if (error instanceof AdapterError) {
      process.stderr.write(`release-bot logs: ${error.message}\n`);
      return error.code === "CONFIGURATION" ? 2 : 1;
    }
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`release-bot logs: ${error.message}\n\n${help}`);
    return 2;
  }
}
