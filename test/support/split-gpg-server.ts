/**
 * Speaks split-gpg's protocol as its server does: called with gpg's path and the caller's name, it takes 1,028 bytes of
 * arguments in one piece, then frames, and allows only options that the genuine one allows (`--no-tty` is none of them). What
 * stands behind the key gate in a real keys qube, where the genuine one is not installed.
 */
import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { FrameReader, renderData, renderEnd } from "../../src/formats/split-gpg/index.ts";

const [gpg, caller] = process.argv.slice(2);
const allowed =
  /^--(batch|armor|status-fd|digest-algo|local-user|detach-sign|clearsign|version|list-keys|with-colons|list-config|verify|export)$/;
const headLength = 1028;
let args: string[] | null = null;
const reader = new FrameReader();
const input: Buffer[] = [];

function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

function finish(words: string[]): void {
  const run = spawnSync(gpg ?? "", ["--no-tty", ...words.slice(1)], { input: Buffer.concat(input) });
  const exit = Buffer.alloc(8);
  exit.writeInt32LE(-((run.status ?? 2) + 1), 0);
  const frames = [renderData(0, run.stdout), renderEnd(0), renderData(1, run.stderr), renderEnd(1), exit];
  const all = Buffer.concat(frames);
  for (let written = 0; written < all.length; ) written += writeSync(1, all, written);
  process.exit(0);
}

if (gpg === undefined || caller === undefined) refuse("ERROR: Too few arguments");
process.stdin.on("data", (chunk: Buffer) => {
  let rest: Buffer = chunk;
  if (args === null) {
    if (chunk.length < headLength) refuse(`ERROR: Invalid header size: ${chunk.length}`);
    args = chunk
      .subarray(4, 4 + chunk.readUInt32LE(0))
      .toString("latin1")
      .split("\0");
    const forbidden = args.find((word) => word.startsWith("-") && !allowed.test(word));
    if (forbidden !== undefined) refuse(`Forbidden option: ${forbidden}`);
    rest = chunk.subarray(headLength);
  }
  for (const frame of reader.push(rest)) {
    if (frame.kind === "end") finish(args);
    else if (frame.kind === "data") input.push(Buffer.from(frame.data));
  }
});
