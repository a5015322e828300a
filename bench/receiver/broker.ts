/** A program: a broker that answers `taken` for every qube but those named on its command line, which hang. */
import { createServer } from "node:net";
import { formatExit, formatFrames, frameStream } from "../../src/adapters/qrexec/local-protocol.ts";

const [path = "", ...hung] = process.argv.slice(2);
const answer = Buffer.concat([formatFrames(frameStream.stdout, Buffer.from("taken\n")), formatExit(0)]);

createServer({ allowHalfOpen: true }, (socket) => {
  let target: string | null = null;
  socket.on("data", (chunk) => {
    target ??= chunk.toString("latin1").split(" ", 1)[0] ?? "";
  });
  socket.on("end", () => {
    if (target !== null && !hung.includes(target)) socket.end(answer);
  });
  socket.on("error", () => {});
}).listen(path, () => process.stdout.write("ready\n"));
