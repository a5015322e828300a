import type { AgentStore } from "../../adapters/store/index.ts";
import type { JobOutcome } from "../../work/index.ts";
import type { Metric } from "../monitor.ts";
import type { IntakeVerdict } from "./command-intake.ts";

/** Counts what the agent does, for Prometheus; what waits is read from its state. */
export function agentMetrics(store: Pick<AgentStore, "outbox" | "desk">): {
  readonly countMessage: (verdict: IntakeVerdict) => void;
  readonly countJob: (outcome: JobOutcome["kind"]) => void;
  /** How many messages came to what, since the start. */
  readonly messages: ReadonlyMap<IntakeVerdict, number>;
  readonly render: () => readonly Metric[];
} {
  const messages = new Map<IntakeVerdict, number>();
  const ended = new Map<JobOutcome["kind"], number>();
  return {
    countMessage: (verdict) => messages.set(verdict, (messages.get(verdict) ?? 0) + 1),
    countJob: (outcome) => ended.set(outcome, (ended.get(outcome) ?? 0) + 1),
    messages,
    render: () => {
      const { pending, aside } = store.outbox.counts();
      const jobs = store.desk.show(0);
      const inState = (state: string): number => jobs.filter((job) => job.state === state).length;
      const oldest = Math.min(
        ...jobs.filter(({ state }) => state === "queued").map(({ addedAt }) => addedAt.getTime()),
      );
      return [
        {
          name: "release_bot_messages_total",
          help: "Signed messages taken in, by what became of them.",
          type: "counter",
          values: [...messages].map(([verdict, value]) => ({ labels: { verdict }, value })),
        },
        {
          name: "release_bot_jobs_ended_total",
          help: "Runs of jobs, by how they ended.",
          type: "counter",
          values: [...ended].map(([outcome, value]) => ({ labels: { outcome }, value })),
        },
        {
          name: "release_bot_jobs",
          help: "Jobs that wait or run.",
          type: "gauge",
          values: ["queued", "running"].map((state) => ({ labels: { state }, value: inState(state) })),
        },
        {
          name: "release_bot_jobs_queued_since_seconds",
          help: "Since when the job that has waited longest waits; 0 where none does.",
          type: "gauge",
          values: [{ labels: {}, value: Number.isFinite(oldest) ? Math.floor(oldest / 1000) : 0 }],
        },
        {
          name: "release_bot_queues_paused",
          help: "Queues that an operator has paused.",
          type: "gauge",
          values: [{ labels: {}, value: store.desk.paused().length }],
        },
        {
          name: "release_bot_outbox_entries",
          help: "What GitHub is still to be told: waiting, or set aside because it never can be.",
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
