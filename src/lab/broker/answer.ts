import type { Socket } from "node:net";
import { Writable } from "node:stream";
import { formatExit, formatFrames, frameStream } from "../../adapters/qrexec/local-protocol.ts";

/** The way back to one caller. */
export interface CallerAnswer {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Ends the call with this status. Once only; later ones are without effect. */
  exit(status: number): void;
}

/** Frames what a service says onto the caller's socket, and passes the caller's slowness on to the service. */
export function answerTo(socket: Socket): CallerAnswer {
  const stream = (number: number): Writable => {
    const writable = new Writable({
      write(chunk: Buffer, _encoding, done) {
        socket.write(formatFrames(number, chunk), done);
      },
    });
    // The caller has gone: the service sees a broken pipe when its own pipe is destroyed.
    writable.on("error", () => {});
    return writable;
  };
  let ended = false;
  return {
    stdout: stream(frameStream.stdout),
    stderr: stream(frameStream.stderr),
    exit: (status) => {
      if (ended) return;
      ended = true;
      socket.end(formatExit(status));
      // What the caller still sends has nobody to read it.
      socket.resume();
    },
  };
}
