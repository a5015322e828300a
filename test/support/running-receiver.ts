import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openReceiverStore, type ReceiverStore } from "../../src/adapters/store/index.ts";
import { systemClock } from "../../src/programs/clock.ts";
import { parseConfiguration } from "../../src/programs/configuration.ts";
import { programLog } from "../../src/programs/logging.ts";
import { qrexecChannel, webhookIntake } from "../../src/programs/receiver/intake.ts";
import { qrexecDeliverer } from "../../src/programs/receiver/qrexec-deliverer.ts";
import { closeServer, listen, type SenderLimits, webhookServer } from "../../src/programs/receiver/server.ts";
import { receiverSettings } from "../../src/programs/receiver/settings.ts";
import { pump, WakeUp } from "../../src/work/index.ts";
import { type MadeCall, type ScriptedAnswer, ScriptedTransport } from "../fakes/scripted-transport.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What a receiver is started with. */
export interface ReceiverWish {
  /** Lines of build-vms.list; null: there is no such file. */
  readonly buildVms?: readonly string[] | null;
  readonly branches?: readonly string[];
  readonly answer?: (call: MadeCall) => ScriptedAnswer;
  readonly callTimeoutSeconds?: number;
  readonly limits?: SenderLimits;
}

/** The receiver's server, outbox and deliveries in the test's process; its qubes are scripted. */
export interface RunningReceiver {
  readonly port: number;
  readonly store: ReceiverStore;
  readonly calls: readonly MadeCall[];
  readonly buildVmsList: string;
  /** Posts a body as GitHub does; `signature` and `headers` replace what is right. */
  post(path: string, event: string, body: string, headers?: Readonly<Record<string, string>>): Promise<number>;
}

/** What the webhook is signed with. */
const webhookSecret = "0123456789abcdef-secret";

/** `X-Hub-Signature-256` over the body. */
export function webhookSignature(body: string | Uint8Array, secret = webhookSecret): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** Starts one for the running test. */
export async function startReceiver(wish: ReceiverWish = {}): Promise<RunningReceiver> {
  const directory = temporaryDirectory();
  const buildVmsList = join(directory, "build-vms.list");
  if (wish.buildVms !== null) writeFileSync(buildVmsList, `${(wish.buildVms ?? ["build-a"]).join("\n")}\n`);
  writeFileSync(join(directory, "secret"), `${webhookSecret}\n`);
  const section = {
    listen: { host: "127.0.0.1", port: 0 },
    monitor: { host: "127.0.0.1", port: 0 },
    "webhook-secret-file": "secret",
    "build-vms-list": "build-vms.list",
    "state-dir": "state",
    owners: ["QubesOS"],
    branches: wish.branches ?? [],
    "call-timeout-seconds": wish.callTimeoutSeconds ?? 60,
  };
  const configuration = parseConfiguration(join(directory, "config.yml"), JSON.stringify({ receiver: section }));
  const settings = receiverSettings(configuration, {});
  const store = openReceiverStore(join(directory, "receiver.db"));
  const log = programLog("test");
  log.level = "silent";
  const judge = await webhookIntake({ settings, store, clock: systemClock, log });
  const limits = wish.limits ?? { headersMs: 60_000, requestMs: 60_000, idleMs: 60_000 };
  const server = webhookServer({ judge, onVerdict: () => {}, limits, log });
  const { port } = await listen(server, settings.listen);

  const transport = new ScriptedTransport(wish.answer ?? (() => ({ stdout: "taken\n", exit: 0 })));
  const wakeUp = new WakeUp(systemClock);
  store.onCommit(() => wakeUp.wake());
  const end = new AbortController();
  const deliverer = qrexecDeliverer({
    transport,
    timeoutMs: settings.callTimeoutMs,
    random: () => 0,
    onDelivered: () => {},
  });
  const parts = {
    store: store.outbox,
    deliverer,
    clock: systemClock,
    wakeUp,
    lanes: 64,
    batch: 32,
    onTrouble: () => {},
  };
  const pumping = pump({ ...parts, channel: qrexecChannel }, end.signal);
  onTestFinished(async () => {
    end.abort();
    await closeServer(server);
    await pumping;
    await store.close();
  });
  return {
    port,
    store,
    calls: transport.calls,
    buildVmsList,
    post: async (path, event, body, headers = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "x-github-event": event,
          "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
          "x-hub-signature-256": webhookSignature(body),
          ...headers,
        },
      });
      await answer.arrayBuffer();
      return answer.status;
    },
  };
}

/** A push's payload, as much of it as matters. */
export function pushPayload(
  change: Readonly<Record<string, unknown>> = {},
  name = "qubes-core-admin",
  owner = "QubesOS",
): string {
  const repository = { name, full_name: `${owner}/${name}`, owner: { login: owner, name: owner } };
  return JSON.stringify({ ref: "refs/heads/main", deleted: false, repository, ...change });
}

/** A new comment's payload, in the report repository unless said otherwise. */
export function commentPayload(
  body: string,
  change: Readonly<Record<string, unknown>> = {},
  name = "updates-status",
): string {
  const repository = { name, full_name: `QubesOS/${name}`, owner: { login: "QubesOS" } };
  return JSON.stringify({
    action: "created",
    issue: { number: 7 },
    comment: { id: 4711, body },
    repository,
    ...change,
  });
}
