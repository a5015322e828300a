import { connect, type Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { checkedCallWords } from "./call-words.ts";
import { FrameReader, frameStream } from "./local-protocol.ts";
import type { QrexecConnection, QrexecTransport } from "./transport.ts";

/** What qrexec-client-vm exits with where there is no agent; here: no broker. */
const noAgent = 1;

/** Calls through the broker of the lab and the tests; `socket` is the one that the broker gave to this qube. */
export function localTransport(socket: string): QrexecTransport {
  return {
    open(call) {
      const { target, name } = checkedCallWords(call);
      const connection = connect({ path: socket, allowHalfOpen: true });
      connection.write(`${target} ${name}\0`, "latin1");
      return readAnswer(connection, socket);
    },
  };
}

function readAnswer(connection: Socket, path: string): QrexecConnection {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new Writable({
    write(chunk, _encoding, done) {
      connection.write(chunk, done);
    },
    final(done) {
      connection.end(done);
    },
  });
  // A service that has ended before it read everything is an ordinary end: what counts is its exit status.
  stdin.on("error", () => {});
  const reader = new FrameReader();
  let status: number | null = null;
  let reached = false;
  connection.once("connect", () => {
    reached = true;
  });

  const exit = new Promise<number>((resolve) => {
    connection.on("error", (error) => {
      if (!reached) stderr.write(`no broker at ${path}: ${error.message}\n`);
    });
    connection.once("close", () => {
      stdin.destroy();
      stdout.end();
      stderr.end();
      resolve(status ?? noAgent);
    });
  });
  connection.once("end", () => connection.end());
  connection.on("data", (chunk) => {
    try {
      for (const { stream, content } of reader.push(chunk)) {
        if (stream === frameStream.exit) status = content[0] ?? noAgent;
        else pass(connection, stream === frameStream.stdout ? stdout : stderr, content);
      }
    } catch (fault) {
      connection.destroy(fault instanceof Error ? fault : new Error(String(fault)));
    }
  });
  return { stdin, stdout, stderr, exit, kill: () => connection.destroy() };
}

/** Hands bytes on, and stops reading from the broker while the reader is behind. */
function pass(connection: Socket, to: PassThrough, content: Buffer): void {
  if (to.write(content)) return;
  connection.pause();
  to.once("drain", () => connection.resume());
}
