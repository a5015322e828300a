/**
 * `release-bot receiver`: takes GitHub's webhooks in the net qube and hands what concerns the build qubes on to them. It has
 * no keys and is not trusted.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { qrexecTransport } from "../adapters/qrexec/index.ts";
import { openReceiverStore } from "../adapters/store/index.ts";
import { AdapterError } from "../domain/index.ts";
import { pump, WakeUp } from "../work/index.ts";
import { systemClock, untilStopped } from "./clock.ts";
import { qrexecSettings, readConfiguration } from "./configuration.ts";
import { programLog } from "./logging.ts";
import { readBuildVms } from "./receiver/build-vms.ts";
import { qrexecChannel, webhookIntake } from "./receiver/intake.ts";
import { receiverMetrics } from "./receiver/metrics.ts";
import { monitorServer } from "./receiver/monitor.ts";
import { qrexecDeliverer } from "./receiver/qrexec-deliverer.ts";
import { closeServer, listen, usualLimits, webhookServer } from "./receiver/server.ts";
import { receiverSettings } from "./receiver/settings.ts";
import { orWrongUsage } from "./wrong-usage.ts";

const help = `release-bot receiver [--config FILE]

Takes GitHub's webhooks and hands what concerns the build qubes on to them over qrexec. See docs/receiver.md.
`;

/** Runs until SIGTERM; 1 where it cannot start. */
export async function main(argv: readonly string[]): Promise<number> {
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
  const log = programLog("receiver");
  try {
    await serve(values.config, log, untilStopped());
    return 0;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot receiver: ${error.message}\n`);
    return 1;
  }
}

async function serve(config: string | undefined, log: ReturnType<typeof programLog>, end: AbortSignal): Promise<void> {
  const configuration = readConfiguration(config, process.env);
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
      onTrouble: (qube, reason) => {
        metrics.countCall(qube, "failed");
        log.warn({ qube, reason }, "a call is to be made again");
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
