import type { Socket } from "node:net";
import { PassThrough, type Readable, Writable } from "node:stream";

/** How long a caller may go on sending to a service that has already answered. */
const drainMs = 2_000;

/**
 * The two directions of a socket as streams of their own, so that reading the input to its end, or destroying it, does not
 * take the answer's way back along. Ending the output ends the call: what the caller still sends is read and dropped for a
 * moment (closing on unread bytes would show the caller an error instead of the answer), then cut off. Faults of
 * either are told to `onFault`, and never thrown at a program that has other calls to serve.
 */
export function callStreams(socket: Socket, onFault: (fault: unknown) => void): { input: Readable; output: Writable } {
  const input = new PassThrough();
  const output = new Writable({
    write(chunk, _encoding, done) {
      socket.write(chunk, done);
    },
    final(done) {
      socket.end(done);
    },
    destroy(error, done) {
      if (!output.writableFinished) socket.destroy();
      done(error);
    },
  });
  input.on("error", () => {});
  output.on("error", onFault);
  output.once("finish", () => {
    socket.unpipe(input);
    input.destroy();
    socket.resume();
    const cut = setTimeout(() => socket.destroy(), drainMs);
    socket.once("close", () => clearTimeout(cut));
  });
  // A service that gives up on its input may still answer.
  input.once("close", () => {
    if (!socket.destroyed) socket.resume();
  });
  socket.once("close", () => {
    // Cut off is not the same as ended: half an input must not be taken for a whole one.
    if (!socket.readableEnded) input.destroy(new Error("the caller went away before the end of its input"));
    if (!output.writableFinished) output.destroy(new Error("the caller went away before the answer was complete"));
  });
  socket.pipe(input);
  return { input, output };
}
