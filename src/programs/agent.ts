/**
 * `release-bot agent`: takes pushes and signed commands in a build qube, runs what they ask for, and tells GitHub what became
 * of them.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openAgentStore } from "../adapters/store/index.ts";
import { loadTrustedKeys, openSqv } from "../adapters/verifier/index.ts";
import { reportKeys } from "../signed/index.ts";
import type { Ledger } from "../work/index.ts";
import { placeChannel, pump, WakeUp, work } from "../work/index.ts";
import { buildersSource } from "./agent/builders.ts";
import { ClockWatch } from "./agent/clock-watch.ts";
import { type CommandIntakeParts, takeCommand } from "./agent/command-intake.ts";
import type { AgentParts, Hands } from "./agent/hands.ts";
import { wordsOf } from "./agent/job-words.ts";
import { liveHands } from "./agent/live-hands.ts";
import { agentMetrics } from "./agent/metrics.ts";
import { outboxEntries } from "./agent/outbox-entries.ts";
import { placeDeliverer } from "./agent/place-deliverer.ts";
import { CommentPoller } from "./agent/poller.ts";
import { takePush } from "./agent/push-intake.ts";
import { takeRecordedCalls } from "./agent/recorded-calls.ts";
import { type CallHandlers, serveCalls } from "./agent/services.ts";
import { type AgentSettings, agentSettings } from "./agent/settings.ts";
import { shadowHands } from "./agent/shadow-hands.ts";
import { watchTags } from "./agent/tag-watch.ts";
import type { VerificationParts } from "./agent/verification.ts";
import { toolEnvironment } from "./agent/world.ts";
import { systemClock } from "./clock.ts";
import { type ConfigurationFile, qrexecSettings } from "./configuration.ts";
import { runDaemon } from "./daemon.ts";
import type { Logger } from "./logging.ts";
import { monitorServer } from "./monitor.ts";
import { closeServer, listen } from "./receiver/server.ts";

/** What `--help` says. */
export const help = `release-bot agent [--config FILE]

Serves qubesbuilder.TriggerBuild and qubesbuilder.ProcessGithubCommand in a build qube. See docs/agent.md.

Example: release-bot agent --config ~/.config/release-bot/config.yml
Exit status 0 ended by SIGTERM, 1 it could not start, 2 wrong usage.
`;

/** Runs until SIGTERM; 1 where it cannot start. */
export function main(argv: readonly string[]): Promise<number> {
  return runDaemon(argv, { name: "agent", help, serve });
}

/** The one place where it is decided what the agent can reach: all of it, or, in shadow mode, nothing that could be changed. */
function handsOf(parts: AgentParts): Hands {
  return parts.settings.mode === "shadow" ? shadowHands(parts) : liveHands(parts);
}

async function serve(configuration: ConfigurationFile, log: Logger, end: AbortSignal): Promise<void> {
  const settings = agentSettings(configuration, process.env);
  const qrexec = qrexecSettings(configuration, process.env);
  const clock = systemClock;
  const state = settings["state-dir"];
  mkdirSync(state, { recursive: true, mode: 0o700 });
  // Both verifiers or none: without the second one the agent does not start.
  const secondOpinion = await openSqv({ program: "sqv", directory: join(state, "sqv"), limitMs: 30_000 });
  const keys = await loadTrustedKeys({
    directory: settings["trusted-keys"] ?? null,
    keyring: settings.keyring ?? null,
  });
  for (const { standing, message } of await reportKeys(keys, clock.now())) {
    log[standing === "good" ? "info" : "warn"]({ standing }, message);
  }
  const store = openAgentStore(join(state, "agent.db"), outboxEntries(settings));
  const { ledger } = store;
  const wakeUp = new WakeUp(clock);
  store.database.onCommit(() => wakeUp.wake());
  const watch = await ClockWatch.open(ledger, { now: clock.now, counting: () => performance.now() });
  const builders = buildersSource(settings, log);
  const verification: VerificationParts = {
    settings,
    keys,
    secondOpinion,
    ledger,
    ledgerBorn: await bornAt(ledger, clock.now()),
    builders,
  };
  const hands = handsOf({ settings, qrexec, store, clock, watch, wakeUp, builders, verification, log });
  const metrics = agentMetrics(store);
  const intake: CommandIntakeParts = {
    verification,
    ledger,
    clock: watch,
    log,
    count: metrics.countMessage,
    onRefused: (message) => hands.onRefused(message),
  };
  const heard = (time: Date): void => watch.heard(time);
  const { comments } = hands;
  const poller = new CommentPoller({
    comments,
    ledger,
    clock,
    everyMs: settings["poll-seconds"] * 1000,
    takeBlock: async (block, comment) => {
      const place = { kind: "proven", place: { issue: comment.issue, comment: comment.id } } as const;
      await takeCommand(intake, Buffer.from(block, "latin1"), place);
    },
    onServerTime: heard,
    log,
  });
  const runner = hands.runner(poller);
  const handlers: CallHandlers = {
    push: (name) => takePush({ builders, jobs: store.jobs, clock, log }, name),
    command: async (bytes, claimed) => {
      const place = claimed === null ? ({ kind: "unknown" } as const) : ({ kind: "claimed", place: claimed } as const);
      await takeCommand(intake, bytes, place);
    },
  };

  const onTrouble = (lane: string, reason: string): void => log.warn({ lane, reason }, "a place is to be proven again");
  const placing = placeDeliverer({ comments, ledger, now: clock.now, random: Math.random, onServerTime: heard });
  const services = await serveCalls(callsDirectory(settings, qrexec.servicesDirectory), handlers, log);
  await hands.prepare();
  const running = [
    work(
      {
        store: store.jobs,
        runner,
        clock,
        wakeUp,
        onJob: (job, event) => {
          if (event !== "begins") metrics.countJob(event.kind);
          log.info({ job: job.id, trace: job.trace, queue: job.queue, ...wordsOf(event) }, "job");
        },
        onTrouble: (where, error) => log.error({ where, err: error }, "a job met trouble"),
      },
      end,
    ),
    pump(
      { store: store.outbox, clock, wakeUp, onTrouble, channel: placeChannel, deliverer: placing, lanes: 4, batch: 1 },
      end,
    ),
    ...hands.run(end),
    poller.run(end),
    takeRecordedCalls(store, handlers, clock, log, end),
    watchTags(
      { builders, store, clock, log, environment: toolEnvironment(process.env), everyMs: tagWatchMs(settings) },
      end,
    ),
  ];
  const monitor = settings.monitor === null ? null : monitorServer(() => null, metrics.render);
  const watched =
    monitor === null || settings.monitor === null ? {} : { monitor: await listen(monitor, settings.monitor) };
  log.info(
    { ...watched, qube: settings.qube, mode: settings.mode, services: services.map(({ path }) => path) },
    "ready",
  );
  await new Promise<void>((resolve) => (end.aborted ? resolve() : end.addEventListener("abort", () => resolve())));
  await Promise.all([
    ...services.map((service) => service.close()),
    ...(monitor === null ? [] : [closeServer(monitor)]),
  ]);
  await Promise.all(running);
  hands.close();
  await store.database.close();
  log.info({ messages: Object.fromEntries(metrics.messages) }, "ended");
}

/** Where calls are taken. A shadow leaves the place of the predecessor's services alone. */
function callsDirectory({ callsDirectory: own }: AgentSettings, servicesDirectory: string): string {
  if (own === null) return servicesDirectory;
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}

function tagWatchMs(settings: AgentSettings): number {
  return settings["tag-scan-hours"] * 3_600_000;
}

/** When this ledger was born: written once. Whole seconds, as signatures have them. */
async function bornAt(ledger: Ledger, now: Date): Promise<Date> {
  const known = await ledger.fact("born");
  if (known !== null) return new Date(known);
  const born = new Date(Math.floor(now.getTime() / 1000) * 1000);
  await ledger.setFact("born", born.toISOString());
  return born;
}
