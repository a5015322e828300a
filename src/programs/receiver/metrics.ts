import type { ReceiverStore } from "../../adapters/store/index.ts";
import type { Metric } from "../monitor.ts";
import type { Verdict } from "./intake.ts";

/** Counts what the receiver does, for Prometheus. */
export function receiverMetrics(store: ReceiverStore): {
  readonly countVerdict: (verdict: Verdict | "refused") => void;
  readonly countCall: (qube: string, result: "taken" | "failed") => void;
  readonly render: () => readonly Metric[];
} {
  const events = new Map<string, number>();
  const calls = new Map<string, { qube: string; result: string; value: number }>();
  return {
    countVerdict: (verdict) => events.set(verdict, (events.get(verdict) ?? 0) + 1),
    countCall: (qube, result) => {
      const key = `${qube} ${result}`;
      calls.set(key, { qube, result, value: (calls.get(key)?.value ?? 0) + 1 });
    },
    render: () => {
      const { pending, aside } = store.outbox.counts();
      return [
        {
          name: "release_bot_events_total",
          help: "Webhook deliveries, by what became of them.",
          type: "counter",
          values: [...events].map(([verdict, value]) => ({ labels: { verdict }, value })),
        },
        {
          name: "release_bot_calls_total",
          help: "qrexec calls to build qubes, by their result.",
          type: "counter",
          values: [...calls.values()].map(({ qube, result, value }) => ({ labels: { qube, result }, value })),
        },
        {
          name: "release_bot_outbox_calls",
          help: "Calls in the outbox: waiting, or set aside because they can never be made.",
          type: "gauge",
          values: [
            { labels: { state: "pending" }, value: pending },
            { labels: { state: "aside" }, value: aside },
          ],
        },
      ];
    },
  };
}
