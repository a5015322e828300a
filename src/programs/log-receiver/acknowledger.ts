/** Tells the keys qubes what has been received: one call after the other for each build qube, in the order of the log. */
import { callQrexec, type QrexecTransport } from "../../adapters/qrexec/index.ts";
import type { QubeName } from "../../domain/index.ts";
import { renderAcknowledgement } from "../../formats/build-log/index.ts";
import type { CommittedCheckpoint } from "./committer.ts";

/** What the acknowledger needs. */
export interface AcknowledgerOptions {
  readonly transport: QrexecTransport;
  /** Build qubes that have a keys qube. */
  readonly acknowledge: readonly QubeName[];
  /** Resolves true when the checkpoint is as public as `ack:` asks; false when it never will be in this run. */
  readonly ripe: (checkpoint: CommittedCheckpoint) => Promise<boolean>;
  readonly onFault: (fault: unknown) => void;
  readonly onAcknowledged: (qube: QubeName, checkpoint: CommittedCheckpoint) => void;
}

const callMs = 20_000;
/** The key gate waits no longer for one. */
const patienceMs = 60_000;

/** Sends the acknowledgements. */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  readonly #lanes = new Map<QubeName, Promise<void>>();

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  /** Takes over committed checkpoints; they are sent when they are ripe. */
  add(checkpoints: readonly CommittedCheckpoint[]): void {
    for (const checkpoint of checkpoints) {
      const { caller } = checkpoint.log.identity;
      if (!this.#options.acknowledge.includes(caller)) continue;
      const lane = this.#lanes.get(caller) ?? Promise.resolve();
      this.#lanes.set(caller, lane.then(() => this.#send(caller, checkpoint)).catch(this.#options.onFault));
    }
  }

  async #send(caller: QubeName, committed: CommittedCheckpoint): Promise<void> {
    const { checkpoint, announcements } = committed;
    if (!(await this.#options.ripe(committed))) return;
    const input = renderAcknowledgement(checkpoint, announcements);
    const call = { target: "dom0", service: "qubesbuilder.LogReceived", argument: caller } as const;
    let reason = "";
    for (let waitedMs = 0, pauseMs = 250; waitedMs < patienceMs; waitedMs += pauseMs, pauseMs *= 2) {
      try {
        const { exit } = await callQrexec(this.#options.transport, call, input, {
          timeoutMs: callMs,
          maxOutputBytes: 4096,
        });
        if (exit === 0) return this.#options.onAcknowledged(caller, committed);
        reason = `exit status ${exit}`;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    this.#options.onFault(
      new Error(`${checkpoint.log}: could not be acknowledged to the keys qube of ${caller}: ${reason}`),
    );
  }
}
