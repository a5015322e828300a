import { createServer } from "node:http";
import { AdapterError } from "../../domain/index.ts";
import type { PushState } from "./pusher.ts";

/** A page that Prometheus can read. */
export interface MetricsPage {
  show(state: PushState): void;
  close(): void;
}

function page(state: PushState | null): string {
  if (state === null) return "";
  const pending = state.since === null ? 0 : 1;
  return [
    "# HELP release_bot_logs_push_waiting Commits of the logs repository that are not pushed yet",
    "# TYPE release_bot_logs_push_waiting gauge",
    `release_bot_logs_push_waiting ${state.waiting}`,
    "# HELP release_bot_logs_push_failing Whether the last push failed",
    "# TYPE release_bot_logs_push_failing gauge",
    `release_bot_logs_push_failing ${state.reason === null ? 0 : 1}`,
    "# HELP release_bot_logs_push_pending_since_seconds Since when the remote lacks something; 0 when it lacks nothing",
    "# TYPE release_bot_logs_push_pending_since_seconds gauge",
    `release_bot_logs_push_pending_since_seconds ${pending === 0 ? 0 : Math.floor((state.since ?? 0) / 1000)}`,
    "# HELP release_bot_logs_embargo Whether pushing is held back on purpose",
    "# TYPE release_bot_logs_embargo gauge",
    `release_bot_logs_embargo ${state.embargo ? 1 : 0}`,
    "",
  ].join("\n");
}

/** Serves `/metrics` at `HOST:PORT`. Throws AdapterError where that cannot be had. */
export async function serveMetrics(address: string): Promise<MetricsPage> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "") || "127.0.0.1";
  let shown: PushState | null = null;
  const server = createServer((request, response) => {
    const found = request.method === "GET" && request.url === "/metrics";
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; version=0.0.4" });
    response.end(found ? page(shown) : "only /metrics is here\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new AdapterError("CONFIGURATION", `metrics: cannot listen at ${address}`, cause)),
    );
    server.listen(Number(address.slice(colon + 1)), host, resolve);
  });
  return {
    show: (state) => {
      shown = state;
    },
    close: () => server.close(),
  };
}
