import { parseArgs } from "node:util";
import { AdapterError } from "../domain/index.ts";
import { untilStopped } from "./clock.ts";
import { type ConfigurationFile, readConfiguration } from "./configuration.ts";
import { type Logger, programLog } from "./logging.ts";
import { orWrongUsage } from "./wrong-usage.ts";

/** A program that serves until it is told to end. */
export interface Daemon {
  readonly name: "agent" | "receiver";
  readonly help: string;
  serve(configuration: ConfigurationFile, log: Logger, end: AbortSignal): Promise<void>;
}

/** Runs `release-bot NAME [--config FILE]` until SIGTERM: 0 ended, 1 where it cannot start, 2 wrong usage. */
export async function runDaemon(argv: readonly string[], { name, help, serve }: Daemon): Promise<number> {
  const parsed = orWrongUsage(
    () =>
      parseArgs({
        args: [...argv],
        options: { config: { type: "string" }, help: { type: "boolean", short: "h" } },
      }),
    help,
  );
  if (parsed === null) return 2;
  const { values } = parsed;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const log = programLog(name);
  try {
    await serve(readConfiguration(values.config, process.env), log, untilStopped());
    return 0;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot ${name}: ${error.message}\n`);
    return 1;
  }
}
