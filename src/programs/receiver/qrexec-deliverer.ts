import { callQrexec, type QrexecTransport } from "../../adapters/qrexec/index.ts";
import { AdapterError, parseQubeName } from "../../domain/index.ts";
import { backOff, type Deliverer, type DeliveryOutcome } from "../../work/index.ts";
import type { ServiceCall } from "./events.ts";

/** How the calls of the outbox are made. */
export interface QrexecDeliveryParts {
  readonly transport: QrexecTransport;
  readonly timeoutMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onDelivered: (qube: string, call: ServiceCall) => void;
}

const patience = { first: 1000, longest: 300_000 };

/**
 * Makes the calls of a lane one after the other, up to the first that fails. Only `taken` and a line feed means that the agent has
 * it durably: a socket service's exit status is always 0.
 */
export function qrexecDeliverer(parts: QrexecDeliveryParts): Deliverer {
  return {
    async deliver(entries): Promise<DeliveryOutcome> {
      const [first] = entries;
      const target = parseQubeName(first.lane);
      if (target === null) return { kind: "undeliverable", reason: "the lane is no qube's name" };
      for (const [count, entry] of entries.entries()) {
        const call = JSON.parse(entry.payload) as ServiceCall;
        const reason = await attempt(parts, target, call);
        if (reason === null) parts.onDelivered(target, call);
        else if (count > 0) return { kind: "delivered", count };
        else return { kind: "retry", afterMs: backOff(first.tries, parts.random(), patience), ambiguous: true, reason };
      }
      return { kind: "delivered", count: entries.length };
    },
  };
}

/** Null when the call is through, else what happened instead. */
async function attempt(
  { transport, timeoutMs }: QrexecDeliveryParts,
  target: NonNullable<ReturnType<typeof parseQubeName>>,
  call: ServiceCall,
): Promise<string | null> {
  try {
    const { service, argument, input } = call;
    const answer = await callQrexec(transport, { target, service, argument }, input, { timeoutMs, maxOutputBytes: 64 });
    if (answer.stdout.toString("latin1") === "taken\n") return null;
    return `exit status ${answer.exit}, not taken: ${answer.untrustedStderr.slice(0, 200)}`;
  } catch (error) {
    return error instanceof AdapterError ? `${error.code}: ${error.message}` : String(error);
  }
}
