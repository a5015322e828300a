import { createHmac } from "node:crypto";
import { connect } from "node:net";

/** The secret that the measured receivers are given. */
export const secret = "bench-secret-0123456789";

/** A webhook's body of about 12 kB and its HMAC header. `number` makes it differ from every other. */
export function signedComment(comment: string, number: number): { readonly body: Buffer; readonly signature: string } {
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
  return { body, signature: `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` };
}

/** A whole HTTP request with such a webhook. */
export function webhookRequest(path: string, comment: string, number: number): Buffer {
  const { body, signature } = signedComment(comment, number);
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    `content-length: ${body.length}`,
    "x-github-event: issue_comment",
    `x-github-delivery: ${number}`,
    `x-hub-signature-256: ${signature}`,
  ].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}

const two = 0x32;
const zero = 0x30;

/**
 * Sends the requests over so many connections, one after the other on each; answers the milliseconds. Every answer must be
 * 20x, and come in one piece, as short ones do. It does as little as can be for each: it shares the machine with what it measures.
 */
export async function sendAll(port: number, requests: readonly Buffer[], connections: number): Promise<number> {
  let next = 0;
  const begun = performance.now();
  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const buffer = Buffer.alloc(4096);
      const send = (): void => {
        const request = requests[next++];
        if (request === undefined) socket.end();
        else socket.write(request);
      };
      const callback = (length: number): boolean => {
        // "HTTP/1.1 202": the status begins at the tenth byte.
        if (length > 12 && buffer[9] === two && buffer[10] === zero) send();
        else {
          reject(new Error(`answered ${buffer.toString("latin1", 0, Math.min(length, 40))}`));
          socket.destroy();
        }
        return true;
      };
      const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
      socket.on("connect", send);
      socket.on("error", reject);
      socket.on("close", () => resolve());
    });
  await Promise.all(Array.from({ length: connections }, lane));
  return performance.now() - begun;
}
