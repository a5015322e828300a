import { createHash, createHmac, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer of the lab's GitHub: a value becomes JSON. */
export interface LabAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** GitHub's times are whole seconds; the emulator's are not. */
function wholeSeconds(text: string): string {
  return text.replace(/("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z"/g, '$1Z"');
}

/** Sends an answer, with GitHub's `ETag` where somebody reads, and 304 where he has it already. */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: LabAnswer): void {
  const text = answer.body === undefined ? "" : wholeSeconds(JSON.stringify(answer.body));
  const etag = `"${createHash("sha256").update(text).digest("hex")}"`;
  const reads = request.method === "GET" && answer.status === 200;
  const known = reads && request.headers["if-none-match"] === etag;
  response.writeHead(known ? 304 : answer.status, {
    ...answer.headers,
    ...(reads ? { etag } : {}),
    ...(text === "" || known ? {} : { "content-type": "application/json; charset=utf-8" }),
  });
  response.end(known ? undefined : text);
}

/** Reads a body to its end; eight megabytes at most. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > 8_388_608) throw new Error("a body over eight megabytes");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Delivers a webhook as GitHub does: signed, once, with ten seconds to answer. Answers the status, 0 for none. */
export async function sendWebhook(hook: {
  readonly url: string;
  readonly secret: string;
  readonly event: string;
  readonly payload: unknown;
}): Promise<number> {
  const body = wholeSeconds(JSON.stringify(hook.payload));
  try {
    const response = await fetch(hook.url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/lab",
        "x-github-event": hook.event,
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": `sha256=${createHmac("sha256", hook.secret).update(body).digest("hex")}`,
      },
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // GitHub, too, does not try again: what a lost delivery means is the receiver's and the agent's affair.
    return 0;
  }
}
