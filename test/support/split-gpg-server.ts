/**
 * Speaks split-gpg's protocol as its server does (1,028 bytes of arguments, then frames), with gpg behind it and without
 * asking anybody: what stands behind the key gate in a real keys qube. Writes the caller and the arguments to a file.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync, writeSync } from "node:fs";
import { FrameReader, renderData, renderEnd } from "../../src/formats/split-gpg/index.ts";

let held = Buffer.alloc(0);
let args: string[] | null = null;
const reader = new FrameReader();
const input: Buffer[] = [];

function finish(words: string[]): void {
  writeFileSync(process.argv[2] ?? "/dev/null", [process.env["QREXEC_REMOTE_DOMAIN"], ...words].join(" "));
  const run = spawnSync("gpg", ["--no-options", ...words.slice(1)], { input: Buffer.concat(input) });
  const exit = Buffer.alloc(8);
  exit.writeInt32LE(-((run.status ?? 2) + 1), 0);
  const frames = [renderData(0, run.stdout), renderEnd(0), renderData(1, run.stderr), renderEnd(1), exit];
  const all = Buffer.concat(frames);
  for (let written = 0; written < all.length; ) written += writeSync(1, all, written);
  process.exit(0);
}

process.stdin.on("data", (chunk: Buffer) => {
  let rest: Buffer = chunk;
  if (args === null) {
    held = Buffer.concat([held, chunk]);
    if (held.length < 1028) return;
    args = held
      .subarray(4, 4 + held.readUInt32LE(0))
      .toString("latin1")
      .split("\0");
    rest = held.subarray(1028);
  }
  for (const frame of reader.push(rest)) {
    if (frame.kind === "end") finish(args);
    else if (frame.kind === "data") input.push(Buffer.from(frame.data));
  }
});
