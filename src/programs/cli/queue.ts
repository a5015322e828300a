/** `release-bot queue`: what runs and waits in this build qube, and why; cancel, retry, pause, resume. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type AgentStore, openAgentStore } from "../../adapters/store/index.ts";
import { AdapterError } from "../../domain/index.ts";
import { agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { orWrongUsage } from "../wrong-usage.ts";
import { renderQueue, renderQueueJson } from "./queue-table.ts";

/** What `--help` says. */
export const help = `release-bot queue [show] [--json] [--past N]
                                               what runs and waits, and why; the last N jobs that ended (10)
release-bot queue cancel JOB                   ends a waiting job, asks a running one to end
release-bot queue retry JOB                    the same work once more, as a new job
release-bot queue pause [DIRECTORY] [--reason TEXT]
                                               begins no more jobs, of one builder's DIRECTORY or of all
release-bot queue resume [DIRECTORY]           begins them again; without DIRECTORY everything that is paused

Works beside a running agent and without one. --config FILE names the configuration.

Example: release-bot queue --past 30
         release-bot queue pause --reason 'a new key is coming'
Exit status 0 done, 1 refused, 2 wrong usage.
`;

const options = {
  config: { type: "string" },
  json: { type: "boolean" },
  past: { type: "string" },
  reason: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Does one thing with the queue. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = orWrongUsage(() => parseArgs({ args: [...argv], options, allowPositionals: true }), help);
  if (parsed === null) return 2;
  const { values, positionals } = parsed;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [verb = "show", word, ...more] = positionals;
  const past = Number(values.past ?? 10);
  if (more.length > 0 || !Number.isInteger(past) || past < 0) return usage();
  let store: AgentStore | null = null;
  try {
    const configuration = readConfiguration(values.config, process.env);
    const settings = agentSettings(configuration, process.env);
    // Who cancels a job answers its command too: the entries are worded as the agent words them.
    const { outboxEntries } = await import("../agent/outbox-entries.ts");
    store = openAgentStore(join(settings["state-dir"], "agent.db"), outboxEntries(settings));
    const now = new Date();
    switch (verb) {
      case "show": {
        if (word !== undefined) return usage();
        const shown = { jobs: store.desk.show(past), paused: store.desk.paused(), mode: settings.mode, now };
        process.stdout.write(values.json === true ? renderQueueJson(shown) : renderQueue(shown));
        return 0;
      }
      case "cancel":
      case "retry": {
        const id = /^[1-9][0-9]{0,14}$/.test(word ?? "") ? Number(word) : null;
        if (id === null) return usage();
        return verb === "cancel"
          ? say(cancelled[await store.desk.cancel(id, now)])
          : say(retried[await store.desk.retry(id, now)]);
      }
      case "pause":
        await store.desk.pause([word ?? "*"], values.reason ?? "", now);
        return 0;
      case "resume":
        await store.desk.resume(word === undefined ? store.desk.paused().map(({ queue }) => queue) : [word]);
        return 0;
      default:
        return usage();
    }
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot queue: ${error.message}\n`);
    return 1;
  } finally {
    await store?.database.close();
  }
}

const cancelled = {
  cancelled: [0, "cancelled"],
  asked: [0, "it runs, and is asked to end"],
  ended: [1, "it has ended already"],
  unknown: [1, "there is no such job"],
} as const;

const retried = {
  queued: [0, "queued again"],
  open: [1, "it waits or runs"],
  unknown: [1, "there is no such job"],
} as const;

function say([status, text]: readonly [number, string]): number {
  (status === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return status;
}

function usage(): number {
  process.stderr.write(help);
  return 2;
}
