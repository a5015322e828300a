/**
 * `release-bot receiver`: takes GitHub's webhooks in the net qube and hands what concerns the build qubes on to them. It has
 * no keys and is not trusted.
 */
import { join } from "node:path";
import { qrexecTransport } from "../adapters/qrexec/index.ts";
import { openReceiverStore } from "../adapters/store/index.ts";
import { pump, WakeUp } from "../work/index.ts";
import { systemClock } from "./clock.ts";
import { type ConfigurationFile, qrexecSettings } from "./configuration.ts";
import { runDaemon } from "./daemon.ts";
import type { Logger } from "./logging.ts";
import { monitorServer } from "./monitor.ts";
import { readBuildVms } from "./receiver/build-vms.ts";
import type { ServiceCall } from "./receiver/events.ts";
import { qrexecChannel, webhookIntake } from "./receiver/intake.ts";
import { receiverMetrics } from "./receiver/metrics.ts";
import { qrexecDeliverer } from "./receiver/qrexec-deliverer.ts";
import { closeServer, listen, usualLimits, webhookServer } from "./receiver/server.ts";
import { receiverSettings } from "./receiver/settings.ts";

/** What `--help` says. */
export const help = `release-bot receiver [--config FILE]

Takes GitHub's webhooks and hands what concerns the build qubes on to them over qrexec. See docs/receiver.md.

Example: release-bot receiver --config ~/.config/release-bot/config.yml
Exit status 0 ended by SIGTERM, 1 it could not start, 2 wrong usage.
`;

/** Runs until SIGTERM; 1 where it cannot start. */
export function main(argv: readonly string[]): Promise<number> {
  return runDaemon(argv, { name: "receiver", help, serve });
}

async function serve(configuration: ConfigurationFile, log: Logger, end: AbortSignal): Promise<void> {
  const settings = receiverSettings(configuration, process.env);
  const transport = qrexecTransport(qrexecSettings(configuration, process.env));
  const store = openReceiverStore(join(settings.stateDirectory, "receiver.db"));
  const clock = systemClock;
  const wakeUp = new WakeUp(clock);
  store.onCommit(() => wakeUp.wake());
  await store.forget(clock.now());

  const metrics = receiverMetrics(store);
  const judge = await webhookIntake({ settings, store, clock, log });
  const hooks = webhookServer({ judge, onVerdict: metrics.countVerdict, limits: usualLimits, log });
  const health = (): string | null => {
    try {
      readBuildVms(settings.buildVmsList);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const monitor = monitorServer(health, metrics.render);
  const deliverer = qrexecDeliverer({
    transport,
    timeoutMs: settings.callTimeoutMs,
    random: Math.random,
    onDelivered: (qube, { service, trace }) => {
      metrics.countCall(qube, "taken");
      log.info({ qube, service, trace }, "taken");
    },
  });
  const delivering = pump(
    {
      channel: qrexecChannel,
      store: store.outbox,
      deliverer,
      clock,
      wakeUp,
      lanes: 64,
      // Settled together: what is delivered twice after a crash is known to the agent.
      batch: 32,
      onTrouble: (qube, reason, first) => {
        metrics.countCall(qube, "failed");
        const trace = first === null ? null : (JSON.parse(first.payload) as ServiceCall).trace;
        log.warn({ qube, trace, reason }, "a call is to be made again");
      },
    },
    end,
  );

  const daily = setInterval(() => void store.forget(clock.now()).catch(() => {}), 86_400_000);
  daily.unref();
  log.info({ listen: await listen(hooks, settings.listen), monitor: await listen(monitor, settings.monitor) }, "ready");
  await new Promise<void>((resolve) => (end.aborted ? resolve() : end.addEventListener("abort", () => resolve())));
  clearInterval(daily);
  await Promise.all([closeServer(hooks), closeServer(monitor)]);
  await delivering;
  await store.close();
  log.info("ended");
}
