import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "../logging.ts";
import type { Delivery, EventName, Verdict } from "./intake.ts";
import { readBody } from "./read-body.ts";
import type { Address } from "./settings.ts";

/** The paths, ours and the predecessor's, and the one event that each takes. */
const paths: Readonly<Record<string, EventName>> = {
  "/github-hooks/trigger-build": "push",
  "/api/services/trigger_build": "push",
  "/github-hooks/process-comment": "issue_comment",
  "/api/services/process_comment": "issue_comment",
};

const statuses: Readonly<Record<Verdict, number>> = {
  taken: 202,
  nothing: 202,
  duplicate: 202,
  malformed: 400,
  forged: 401,
  failed: 503,
};

/** How long senders may take: headers, the whole request, the next request on the same connection. */
export interface SenderLimits {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
}

/** GitHub gives up after 10 s itself. */
export const usualLimits: SenderLimits = { headersMs: 10_000, requestMs: 20_000, idleMs: 5_000 };

/** What the server needs. */
export interface WebhookServerParts {
  readonly judge: (delivery: Delivery) => Promise<Verdict>;
  readonly onVerdict: (verdict: Verdict | "refused") => void;
  readonly limits: SenderLimits;
  readonly log: Logger;
}

/** The webhook server, not yet listening. */
export function webhookServer(parts: WebhookServerParts): Server {
  const { limits, log } = parts;
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs / 2),
      maxHeaderSize: 16_384,
    },
    (request, response) => {
      answer(parts, request, response).catch((error: unknown) => {
        log.debug({ err: error }, "a request without an end");
        response.destroy();
      });
    },
  );
  server.maxConnections = 512;
  // A connection that never says a word has no request that a limit could end.
  server.setTimeout(limits.requestMs, (socket) => socket.destroy());
  return server;
}

async function answer(parts: WebhookServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = ""] = (request.url ?? "").split("?", 1);
  const takes = Object.hasOwn(paths, path) ? paths[path] : undefined;
  const refuse = (status: number): void => {
    parts.onVerdict("refused");
    // The rest of the body is not read: the connection cannot be used again.
    end(response, status, { connection: "close" });
    if (!request.complete) response.once("finish", () => setTimeout(() => request.socket.destroy(), 200).unref());
  };
  if (takes === undefined) return refuse(404);
  if (request.method !== "POST") return refuse(405);
  const type = request.headers["content-type"];
  if (type !== undefined && !/^application\/json\b/i.test(type)) return refuse(415);
  const body = await readBody(request);
  if (body === null) return refuse(413);
  const verdict = await parts.judge({
    takes,
    untrustedEvent: header(request, "x-github-event"),
    untrustedSignature: header(request, "x-hub-signature-256"),
    body,
  });
  parts.onVerdict(verdict);
  end(response, statuses[verdict]);
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-length": 0, ...headers }).end();
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

/** Listens; answers the address that was got. */
export function listen(server: Server, { host, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}

/** Takes no more requests and lets those under way end, for 5 s at most. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 5_000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
