/** `release-bot build`: starts builds by hand, and shows what became of builds. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type AgentStore, openAgentStore } from "../../adapters/store/index.ts";
import { buildersSource, lineOf, queueOf } from "../agent/builders.ts";
import { type AgentSettings, agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { programLog } from "../logging.ts";
import { planOrder } from "./build-order.ts";
import { buildBySignature } from "./build-signed.ts";
import { buildLine, renderBuild, renderImage } from "./build-text.ts";
import { orRefusal } from "./or-refusal.ts";
import { signingHelp, signingOptions, signingStatuses } from "./signing/settings.ts";

/** What `--help` says. */
export const help = `release-bot build component RELEASE COMPONENT [DISTRIBUTION...] [--commit SHA]
release-bot build template RELEASE TEMPLATE [--timestamp YYYYMMDDHHMM]
release-bot build iso RELEASE [VERSION] [--timestamp YYYYMMDDHHMM] [--final]
release-bot build show [JOB] [--json] [--past N]

In a build qube (where the configuration has a section agent:, or with --local) it queues a build, as a push or a signed
command would, and the running agent does it in its turn; 'show' tells of the last N builds (20), or of one of them whole:
who asked, commit, signer, stages, packages, log.

  --builder DIRECTORY   of several builders, this one
  --final               the ISO is no testing build
  --config FILE         the configuration

Elsewhere (or with --sign) it makes a Build-component, Build-template or Build-iso command from the signed status data, shows
it, asks, signs and posts it, and tells what became of it.

  --issue NUMBER     posted on this status issue; without, on the newest one of that component, template or ISO
${signingHelp}
Example: release-bot build component r4.3 core-admin vm-fc42
         release-bot build template r4.3 debian-13-xfce --sign --rehearse
         release-bot build show 12
In the build qube exit status 0 is done, 1 refused, 2 wrong usage. Signed:
${signingStatuses}`;

const options = {
  ...signingOptions,
  commit: { type: "string" },
  timestamp: { type: "string" },
  final: { type: "boolean" },
  builder: { type: "string" },
  past: { type: "string" },
  issue: { type: "string" },
  local: { type: "boolean" },
  sign: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true });
}

/** Queues a build, or shows builds; or signs and posts a command that asks for one. */
export function main(argv: readonly string[]): Promise<number> {
  return orRefusal({ name: "build", help }, async () => {
    const { values, positionals } = parse(argv);
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    if (positionals.length === 0) return wrong("say what to build, or 'show'");
    if (values.local === true && values.sign === true) return wrong("--local and --sign exclude each other");
    if (positionals[0] !== "show" && isToBeSigned(values)) {
      if (values.final === true || values.builder !== undefined)
        return wrong("--final and --builder are for the build qube");
      const answer = await buildBySignature(positionals, values);
      return typeof answer === "string" ? wrong(answer) : answer;
    }
    return inBuildQube(positionals, values);
  });
}

/** As it has always been in a build qube; elsewhere there is nothing to queue in. */
function isToBeSigned({ sign, local, data, config }: Values): boolean {
  if (sign !== undefined || local !== undefined) return sign === true;
  if (data !== undefined) return true;
  const configuration = readConfiguration(config, process.env);
  return configuration.has("status") && !configuration.has("agent");
}

async function inBuildQube(positionals: readonly string[], values: Values): Promise<number> {
  let store: AgentStore | null = null;
  try {
    const settings = agentSettings(readConfiguration(values.config, process.env), process.env);
    if (settings.mode === "shadow") {
      process.stderr.write(
        "release-bot build: in shadow mode nothing is built: what is queued or shown is only planned\n",
      );
    }
    // Loaded only here: showing a build needs nothing of how reports are worded, but the store asks for it.
    const { outboxEntries } = await import("../agent/outbox-entries.ts");
    store = openAgentStore(join(settings["state-dir"], "agent.db"), outboxEntries(settings));
    return positionals[0] === "show"
      ? await show(store, positionals.slice(1), values)
      : await order(store, settings, positionals, values);
  } finally {
    await store?.database.close();
  }
}

function wrong(message: string): number {
  process.stderr.write(`release-bot build: ${message}; 'release-bot build --help' says how\n`);
  return 2;
}

async function order(
  store: AgentStore,
  settings: AgentSettings,
  words: readonly string[],
  values: Values,
): Promise<number> {
  const now = new Date();
  const builders = await buildersSource(settings, programLog("build"))();
  const { commit, timestamp, builder } = values;
  const release = values.final === true ? "final" : "testing";
  const planned = planOrder(words, { commit, timestamp, builder, release }, builders.loaded, now);
  if (!planned.ok) {
    process.stderr.write(`release-bot build: ${planned.error}\n`);
    return 1;
  }
  const jobs = planned.value.map((each) => ({
    queue: queueOf(each.builder),
    request: { kind: "operator" as const, builder: lineOf(each.builder), work: each.work },
    answers: "nobody" as const,
    trace: null,
  }));
  if (values.rehearse === true) {
    for (const { queue } of jobs) process.stdout.write(`would be queued for ${queue}\n`);
    return 0;
  }
  await store.jobs.add(jobs, now);
  for (const { queue } of jobs) process.stdout.write(`queued for ${queue}; 'release-bot queue' shows it\n`);
  return 0;
}

async function show(store: AgentStore, words: readonly string[], values: Values): Promise<number> {
  const [job, ...more] = words;
  const past = Number(values.past ?? 20);
  if (more.length > 0 || !Number.isInteger(past) || past < 1) return wrong("build show [JOB]");
  if (job !== undefined) {
    const build = await store.builds.load(job);
    const image = await store.images.load(job);
    const record = build ?? image;
    if (record === null) {
      process.stderr.write(`release-bot build: job ${job.slice(0, 20)} built nothing here\n`);
      return 1;
    }
    const text = build !== null ? renderBuild(build) : image !== null ? renderImage(image) : "";
    process.stdout.write(values.json === true ? `${JSON.stringify(record)}\n` : text);
    return 0;
  }
  const all = [...(await store.builds.list(past)), ...(await store.images.list(past))];
  const newest = all.sort((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, past);
  const lines = newest.map(buildLine).join("\n");
  process.stdout.write(values.json === true ? `${JSON.stringify({ builds: newest })}\n` : `${lines || "no builds"}\n`);
  return 0;
}
