import { createHmac } from "node:crypto";
import { connect } from "node:net";

/** The secret that the measured receivers are given. */
export const secret = "bench-secret-0123456789";

/** A whole HTTP request with a webhook of about 12 kB, signed. `number` makes its body differ from every other. */
export function webhookRequest(path: string, comment: string, number: number): Buffer {
  const repository = { name: "updates-status", full_name: "QubesOS/updates-status", owner: { login: "QubesOS" } };
  const payload = {
    action: "created",
    issue: { number: 7 },
    comment: { id: number + 1, body: comment },
    repository,
    installation: { id: 1 },
    filler: "x".repeat(11_500),
  };
  const body = Buffer.from(JSON.stringify(payload));
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    `content-length: ${body.length}`,
    "x-github-event: issue_comment",
    `x-github-delivery: ${number}`,
    `x-hub-signature-256: sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  ].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}

/** Sends the requests over so many connections, one after the other on each; answers the milliseconds. Every answer must be 200 or 202. */
export async function sendAll(port: number, requests: readonly Buffer[], connections: number): Promise<number> {
  let next = 0;
  const begun = performance.now();
  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      let held = "";
      const send = (): void => {
        const request = requests[next++];
        if (request === undefined) socket.end();
        else socket.write(request);
      };
      socket.on("connect", send);
      socket.on("data", (chunk) => {
        held += chunk.toString("latin1");
        const end = answerEnd(held);
        if (end === null) return;
        if (!/^HTTP\/1.1 20[02]/.test(held)) {
          reject(new Error(`answered ${held.slice(0, 40)}`));
          socket.destroy();
          return;
        }
        held = held.slice(end);
        send();
      });
      socket.on("error", reject);
      socket.on("close", () => resolve());
    });
  await Promise.all(Array.from({ length: connections }, lane));
  return performance.now() - begun;
}

/** Where the first answer ends, headers and body; null where it is not all there. */
function answerEnd(text: string): number | null {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return null;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  const end = head + 4 + length;
  return text.length >= end ? end : null;
}
