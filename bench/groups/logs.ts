/** Logs on their way to the disk, and signatures on their way through the gate. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunningLog } from "../../src/adapters/logs/index.ts";
import { parseQubeName, type QubeName } from "../../src/domain/index.ts";
import { Gate } from "../../test/support/gate.ts";
import { LogChain } from "../../test/support/log-chain.ts";
import { tryToolAsync } from "../../test/support/tool-async.ts";
import { type Figure, type Measured, median } from "../figure.ts";

const caller = parseQubeName("build-fedora") as QubeName;
const line = `| ${"0123456789".repeat(12).slice(0, 117)}\n`;
const megabyte = 1_000_000;
const plain = { baseline: null, ratio: null } as const;

/** A log on the disk, as the receiver keeps one; nothing is committed. */
async function withLog<T>(work: (log: RunningLog) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "bench-logs-"));
  const identity = {
    directory,
    caller,
    now: () => Date.now() * 1000,
    limits: { limitBytes: 2 ** 40, reserveBytes: 0 },
  };
  const log = await RunningLog.create(identity, "bench", {
    taken: async () => false,
    mark: () => true,
    unmark: () => undefined,
  });
  try {
    return await work(log);
  } finally {
    log.release();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function intake(): Promise<Measured> {
  const chunk = Buffer.from(line.repeat(Math.ceil(65_536 / line.length))).subarray(0, 65_536);
  const chunks = Math.round((200 * megabyte) / chunk.length);
  const rates: number[] = [];
  for (let run = 0; run < 4; run++) {
    const rate = await withLog(async (log) => {
      const started = performance.now();
      for (let n = 0; n < chunks; n++) log.take(chunk);
      await log.sync();
      return (chunks * chunk.length) / megabyte / ((performance.now() - started) / 1000);
    });
    // The first warms up.
    if (run > 0) rates.push(rate);
  }
  const goal = { on: "value", op: ">=", than: 100 } as const;
  return { value: median(rates), unit: "MB/s", goal, ...plain, note: "120-byte lines, 200 MB, synced at the end" };
}

async function latency(): Promise<Measured> {
  const worst: number[] = [];
  for (let run = 0; run < 3; run++) {
    const waits = await withLog(async (log) => {
      const found: number[] = [];
      const waiting: { readonly length: number; readonly at: number }[] = [];
      let kept = 0;
      for (const end = Date.now() + 4_000; Date.now() < end; ) {
        log.take(Buffer.from(line));
        // As it is kept: with the time and the caller before it.
        kept += line.length + "2026-11-23 15:02:34.123456 +0000 build-fedora: ".length;
        waiting.push({ length: kept, at: performance.now() });
        await new Promise((resolve) => setTimeout(resolve, 2));
        while ((waiting[0]?.length ?? Number.POSITIVE_INFINITY) <= log.durable) {
          found.push(performance.now() - (waiting.shift()?.at ?? 0));
        }
      }
      return found.sort((a, b) => a - b);
    });
    worst.push(waits[Math.floor(waits.length * 0.99)] ?? Number.NaN);
  }
  const goal = { on: "value", op: "<=", than: 1000 } as const;
  return { value: median(worst), unit: "ms", goal, ...plain, note: "p99, a line every 2 ms for 4 s" };
}

/** The most memory that a process has had. */
function peakMegabytes(pid: number): number {
  return Number(/VmHWM:\s+([0-9]+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}

/** The programs as they are installed: JavaScript, which Node runs without the stripper of types and its memory. */
function installedProgram(): string {
  const root = join(import.meta.dirname, "../..");
  const target = join(root, ".bench/installed");
  mkdirSync(target, { recursive: true });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const run = spawnSync(process.execPath, [compiler, "-p", join(root, "packaging"), "--outDir", target]);
  const entry = join(target, "src/programs/release-bot.js");
  if (!existsSync(entry)) throw new Error(`the programs cannot be compiled: ${run.stdout}`);
  writeFileSync(join(target, "package.json"), '{"type":"module"}');
  return entry;
}

async function memory(): Promise<Measured> {
  const peaks: number[] = [];
  // The flag is its unit's.
  const receiverProgram = ["--max-semi-space-size=2", installedProgram()];
  for (let run = 0; run < 3; run++) {
    const chain = await LogChain.start({ receiver: () => ({ remote: null }), receiverProgram });
    try {
      const send = async (pieces: number, piece: Buffer): Promise<void> => {
        const transport = chain.transport("build-fedora");
        const call = transport.open({ target: "dom0", service: "qubesbuilder.BuildLog", argument: "x" });
        call.stdout.resume();
        call.stderr.resume();
        for (let n = 0; n < pieces; n++) {
          await new Promise<void>((resolve) => call.stdin.write(piece, () => resolve()));
        }
        call.stdin.end("\n");
        if ((await call.exit) !== 0) throw new Error("the log was not taken");
      };
      await send(1_000, Buffer.from(line.repeat(833)));
      await send(2_000, Buffer.alloc(100_000, 0x78));
      peaks.push(peakMegabytes(chain.pid("receiver")));
    } finally {
      await chain.stop();
    }
  }
  const goal = { on: "value", op: "<=", than: 96 } as const;
  const note =
    "peak of the receiver as installed, heap flag as in its unit: 100 MB of lines, then one line of 200 MB, both committed";
  return { value: median(peaks), unit: "MB", goal, ...plain, note };
}

async function gateOverhead(): Promise<Measured> {
  const gate = new Gate();
  try {
    await gate.start();
    const through: number[] = [];
    const direct: number[] = [];
    const words = ["--homedir", gate.home.directory, "--no-options", "--output", "-", "--batch", "--no-tty"];
    const args = [...words, "--digest-algo", "SHA512", "--local-user", gate.key, "--detach-sign"];
    for (let n = 0; n < 33; n++) {
      const bytes = `bytes ${n}`;
      await gate.acknowledge([{ bytes }]);
      const started = performance.now();
      const answer = await gate.sign(bytes);
      const between = performance.now();
      const alone = spawnSync("gpg", args, { input: bytes });
      const ended = performance.now();
      if (answer.status !== 0 || alone.status !== 0) throw new Error("a signature was refused");
      if (n < 3) continue;
      through.push(between - started);
      direct.push(ended - between);
    }
    const goal = { on: "value", op: "<=", than: 20 } as const;
    const note = `${median(through).toFixed(1)} ms through the gate, ${median(direct).toFixed(1)} ms gpg alone`;
    return { value: median(through) - median(direct), unit: "ms", goal, ...plain, note };
  } finally {
    await gate.remove();
  }
}

async function gateClient(): Promise<Measured> {
  const chain = await LogChain.start({ receiver: () => ({ remote: null, ack: "commit" }) });
  try {
    const log = await chain.openLog("bench");
    const environment = chain.clientEnvironment(log.socketPath);
    const args = [installedProgram(), "gpg-client", "-b", "-u", chain.key];
    const times: number[] = [];
    for (let n = 0; n < 13; n++) {
      const started = performance.now();
      const run = await tryToolAsync(process.execPath, args, environment, `bytes ${n}`);
      if (run.status !== 0) throw new Error(run.stderr);
      if (n >= 3) times.push(performance.now() - started);
    }
    await log.close("done");
    const goal = { on: "value", op: "<=", than: 300 } as const;
    return {
      value: median(times),
      unit: "ms",
      goal,
      ...plain,
      note: "client process as installed, announcement, commit, acknowledgement",
    };
  } finally {
    await chain.stop();
  }
}

/** The figures of the group. */
export const figures: readonly Figure[] = [
  { name: "logs.intake", measure: intake },
  { name: "logs.memory", measure: memory },
  { name: "logs.latency.p99", measure: latency },
  { name: "gate.overhead", measure: gateOverhead },
  { name: "gate.client", measure: gateClient },
];
