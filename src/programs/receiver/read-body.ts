import type { IncomingMessage } from "node:http";

/** GitHub sends up to 25 MB; a comment has 64 KiB, and a push that is larger tells no more than its first lines. */
const mostBodyBytes = 1 << 20;

/**
 * Reads a request's body; null as soon as it is over 1 MiB, by its announced length or, chunked, by what came. Rejects where
 * the sender goes away. How long a sender may take is the server's limit.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > mostBodyBytes) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > mostBodyBytes) {
        request.off("data", onData).pause();
        resolve(null);
        return;
      }
      chunks.push(chunk);
    };
    request.on("data", onData);
    request.once("end", () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once("error", reject);
    // Every request closes: an error, with its stack, is made only for the one that was not read to its end.
    request.once("close", () => {
      if (!request.complete) reject(new Error("the sender went away"));
    });
  });
}
