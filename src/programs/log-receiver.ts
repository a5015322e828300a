/** `release-bot log-receiver`: takes logs, keeps them, publishes them, and says what they unlock. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { NodeDisk } from "../adapters/files/index.ts";
import { LogsRepository, OpenLogs } from "../adapters/logs/index.ts";
import { type ListeningService, qrexecTransport, serveQrexecSocket } from "../adapters/qrexec/index.ts";
import { AdapterError } from "../domain/index.ts";
import { readConfiguration } from "./configuration.ts";
import { Acknowledger } from "./log-receiver/acknowledger.ts";
import { Committer } from "./log-receiver/committer.ts";
import { Compressor } from "./log-receiver/compress.ts";
import { complain, tell } from "./log-receiver/journal.ts";
import { holdLock } from "./log-receiver/lock.ts";
import type { MetricsPage } from "./log-receiver/metrics.ts";
import { Pusher, type PushState } from "./log-receiver/pusher.ts";
import { type Reception, receiveLog, recoverLog } from "./log-receiver/receive.ts";
import { type LogReceiverSettings, logReceiverSettings, stateLayout } from "./log-receiver/settings.ts";

/** What `--help` says. */
export const help = `release-bot log-receiver [--config FILE] [--embargo]

Takes build logs as qubesbuilder.BuildLog, commits and pushes them signed, and acknowledges what they announce to the
keys qubes. --embargo: commits and acknowledges, and pushes nothing until 'release-bot logs release'.

Example: release-bot log-receiver --embargo
Exit status 0 ended by SIGTERM, 1 it could not start, 2 wrong usage.
`;

/** Beyond the limit of a log, for the agent's own lines. */
const reserveBytes = 1024 * 1024;
const retryMs = 60_000;
const tidyMs = 3_600_000;

/** Microseconds since 1970; never back, so that the lines of a log stand in their order. */
function microseconds(): () => number {
  let last = 0;
  return () => {
    const fine = Number(process.hrtime.bigint() / 1000n) % 1000;
    last = Math.max(last, Date.now() * 1000 + fine);
    return last;
  };
}

/** Wires the parts and starts listening; answers how to stop. */
async function start(settings: LogReceiverSettings): Promise<() => Promise<void>> {
  const layout = stateLayout(settings.stateDirectory);
  mkdirSync(layout.logs, { recursive: true, mode: 0o755 });
  const lock = await holdLock(layout.lock);
  if (settings.embargo) writeFileSync(layout.embargo, "");
  const repository = await LogsRepository.open({
    directory: layout.repository,
    branch: settings.branch,
    signingKey: settings.signingKey,
    gnupgHome: settings.gnupgHome,
    gpg: settings.gpg,
    remote: settings.remote,
    sshCommand: settings.sshCommand,
    environment: process.env,
  });
  const transport = qrexecTransport(settings.qrexec);
  const disk = new NodeDisk();
  const embargo = (): boolean => existsSync(layout.embargo);
  let metrics: MetricsPage | null = null;
  const onState = (state: PushState): void => {
    metrics?.show(state);
    try {
      disk.replace(layout.status, `${JSON.stringify({ ...state, ack: settings.ack })}\n`);
    } catch (error) {
      complain(error);
    }
  };
  const committer = new Committer(repository, {
    commit: (committed) => pusher.added(committed),
    checkpoint: (checkpoints) => acknowledger.add(checkpoints),
  });
  const pusher = new Pusher({
    repository,
    alone: (work) => committer.alone(work),
    timeoutMs: settings.pushTimeoutMs,
    embargo,
    now: Date.now,
    onState,
  });
  const acknowledger = new Acknowledger({
    transport,
    acknowledge: settings.acknowledge,
    // Under an embargo nothing is public yet, by the operator's own will.
    ripe: async (checkpoint) => settings.ack === "commit" || embargo() || pusher.eventually(checkpoint),
    onFault: complain,
    onAcknowledged: (qube, { log, checkpoint, announcements }) =>
      tell(
        { qube, log: log.path, traces: log.traces, length: checkpoint.length, announcements: announcements.length },
        "acknowledged",
      ),
  });
  const compressor = new Compressor(complain);
  const open = new OpenLogs(layout.open);
  const reception: Reception = {
    directory: layout.logs,
    open,
    committer,
    pusher,
    taken: (path) => repository.has(path, "any"),
    committed: (path) => repository.has(path, "whole"),
    limits: { limitBytes: settings.limitBytes, reserveBytes },
    checkpointMs: settings.checkpointMs,
    pushWaitMs: settings.pushWaitMs,
    now: microseconds(),
    onClosed: (checkpoint) => acknowledger.add([checkpoint]),
    onKept: (log, ending, { length, commit }) => {
      tell({ log: log.path, traces: log.traces, length, commit, ending }, "kept");
      compressor.add(log.file, length);
    },
    onFault: complain,
  };
  if (settings.metrics !== null) {
    // Loaded where it is wanted only: Node's HTTP server is a tenth of this program's memory.
    metrics = await (await import("./log-receiver/metrics.ts")).serveMetrics(settings.metrics);
  }
  await pusher.begin();
  const running = new Set<string>();
  const recover = async (): Promise<void> => {
    for (const path of open.list()) {
      if (running.has(path)) continue;
      running.add(path);
      await recoverLog(reception, path).catch(complain);
      running.delete(path);
    }
  };
  const service: ListeningService = await serveQrexecSocket({
    directory: settings.qrexec.servicesDirectory,
    service: "qubesbuilder.BuildLog",
    onCall: (call) => receiveLog(reception, call, running),
    onFault: complain,
  });
  // Beside the new logs: what an earlier run left must hold up nobody.
  void recover();
  const retry = setInterval(() => void recover(), retryMs);
  const tidy = setInterval(() => void committer.alone(() => repository.tidy()).catch(complain), tidyMs);
  return async () => {
    clearInterval(retry);
    clearInterval(tidy);
    // Logs under way are closed at the next start as what they are: ended without closing.
    await service.close(0);
    await pusher.stop();
    metrics?.close();
    lock.close();
    rmSync(layout.lock, { force: true });
  };
}

/** Runs until SIGTERM. */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { config: { type: "string" }, embargo: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  try {
    const settings = logReceiverSettings(readConfiguration(values.config, process.env), process.env);
    const stop = await start(values.embargo === true ? { ...settings, embargo: true } : settings);
    process.stdout.write("ready\n");
    await new Promise((resolve) => process.once("SIGTERM", resolve).once("SIGINT", resolve));
    await stop();
  } catch (error) {
    complain(error);
    return error instanceof AdapterError && error.code === "CONFIGURATION" ? 2 : 1;
  }
  process.exit(0);
}
