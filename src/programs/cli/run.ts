/** `release-bot run -- COMMAND`: work by hand in a build qube, under the same lock, log and announcements as a job. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runProgram } from "../../adapters/processes/index.ts";
import { qrexecTransport } from "../../adapters/qrexec/index.ts";
import type { JobLog } from "../../build/index.ts";
import { AdapterError } from "../../domain/index.ts";
import { agentSettings } from "../agent/settings.ts";
import { openWorld } from "../agent/world.ts";
import { takeBuilderLock } from "../builder-lock.ts";
import { systemClock, untilStopped } from "../clock.ts";
import { qrexecSettings, readConfiguration } from "../configuration.ts";

/** What `--help` says. */
export const help = `release-bot run [--builder DIRECTORY] [--label LABEL] [--hours N] -- COMMAND [ARGUMENT...]

Runs a command by hand as a job runs it: under DIRECTORY/builder.lock (the working directory's unless given), its output in
a log at the logs qube, and with the signing client, which announces each signature in that log. The command is run as
it stands here, by no shell.

  --label LABEL   names the log ('by-hand')
  --hours N       ends the command after so many hours (24)

Example: release-bot run --builder ~/builder-r4.3 --label resign -- rpmsign --addsign hello.rpm
Exit status: the command's own; 1 where the log was lost or could not be had, 75 where somebody else holds the lock,
2 wrong usage.
`;

const options = {
  config: { type: "string" },
  builder: { type: "string" },
  label: { type: "string" },
  hours: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const lockHeld = 75;

function wrong(message: string): number {
  process.stderr.write(`release-bot run: ${message}; 'release-bot run --help' says how\n`);
  return 2;
}

/** Runs the command. */
export async function main(argv: readonly string[]): Promise<number> {
  const end = argv.indexOf("--");
  let values: ReturnType<typeof parseArgs<{ options: typeof options; args: string[] }>>["values"];
  try {
    ({ values } = parseArgs({ args: argv.slice(0, end < 0 ? argv.length : end), options }));
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [program, ...args] = end < 0 ? [] : argv.slice(end + 1);
  const hours = Number(values.hours ?? 24);
  if (program === undefined) return wrong("the command belongs behind --");
  if (!(hours > 0 && hours <= 168)) return wrong("--hours takes a number up to 168");
  const directory = resolve(values.builder ?? ".");
  try {
    const configuration = readConfiguration(values.config, process.env);
    const settings = agentSettings(configuration, process.env);
    if (settings.mode === "shadow") {
      throw new AdapterError(
        "DENIED",
        "in shadow mode no log goes to the logs qube and nothing is signed: run it without",
      );
    }
    const lock = await takeBuilderLock(directory);
    if (lock === null) {
      process.stderr.write(`release-bot run: somebody else holds ${directory}/builder.lock\n`);
      return lockHeld;
    }
    try {
      const qrexec = qrexecSettings(configuration, process.env);
      const world = openWorld({
        settings,
        qrexec,
        transport: qrexecTransport(qrexec),
        environment: process.env,
        now: systemClock.now,
        // Work by hand builds nothing through a back-end of ours.
        upload: async () => undefined,
      });
      const log = await world.logs.open((values.label ?? "by-hand").replace(/[^A-Za-z0-9_-]/g, "_"), null);
      const environment = { ...ownEnvironment(), ...world.signing };
      return await runLogged({ program, args, environment, limitMs: hours * 3_600_000 }, log);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot run: ${error.message}\n`);
    return 1;
  }
}

/** The operator's own environment: this is their work, not a package's. */
function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

interface LoggedRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

async function runLogged(run: LoggedRun, log: JobLog): Promise<number> {
  const gone = new AbortController();
  void log.broken.then((why) => {
    process.stderr.write(`release-bot run: the log went away (${why}): the command is ended\n`);
    gone.abort();
  });
  const said = [run.program, ...run.args].join(" ").replace(/[^\x20-\x7e]+/g, " ");
  log.note(`by hand: ${said.slice(0, 800)}`);
  const { status, ended } = await runProgram({
    ...run,
    directory: process.cwd(),
    daemons: "stay",
    environment: { ...run.environment, RELEASE_BOT_LOG_SOCKET: log.socketPath },
    signal: AbortSignal.any([gone.signal, untilStopped()]),
    onOutput: async (chunk, from) => {
      process[from].write(chunk);
      await log.output(chunk);
    },
  });
  const good = ended === null && status === 0;
  log.note(`ended ${ended ?? (status === null ? "by a signal" : `with status ${status}`)}`);
  const path = await log.close(good ? "done" : "failed");
  process.stderr.write(path === null ? "release-bot run: the log has no path: it is late or lost\n" : `log: ${path}\n`);
  if (good) return path === null ? 1 : 0;
  return status ?? 1;
}
