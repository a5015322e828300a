import { createServer, type Server } from "node:http";

/** What `/metrics` tells: a name, its help, and a value for each set of labels. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** `/healthz` (200, or 503 with what is wrong) and `/metrics` (Prometheus text). To listen on loopback only. */
export function monitorServer(health: () => string | null, metrics: () => readonly Metric[]): Server {
  return createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 2_000 },
    (request, response) => {
      request.resume();
      const end = (status: number, text: string): void => {
        response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
      };
      if (request.method !== "GET") return end(405, "GET only\n");
      if (request.url === "/healthz") {
        const wrong = health();
        return wrong === null ? end(200, "ok\n") : end(503, `${wrong}\n`);
      }
      if (request.url === "/metrics") return end(200, metrics().map(renderMetric).join(""));
      end(404, "/healthz and /metrics are here\n");
    },
  );
}

function renderMetric({ name, help, type, values }: Metric): string {
  const lines = values.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([key, said]) => `${key}="${said.replace(/[\\"\n]/g, "_")}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}
