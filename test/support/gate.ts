/** A key gate as a process of its own, spoken to without a policy in between. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callQrexec } from "../../src/adapters/qrexec/index.ts";
import { callSplitGpg, type SplitGpgAnswer } from "../../src/adapters/qrexec/split-gpg-call.ts";
import { socketTransport } from "../fakes/socket-transport.ts";
import { endChild } from "./end-child.ts";
import { GpgHome } from "./gpg-home.ts";

const gate = join(import.meta.dirname, "../../src/programs/release-bot.ts");

/** An announcement as an acknowledgement carries it; `bytes` makes digest and length. */
export interface GateAnnouncement {
  readonly kind?: "detach" | "clear";
  readonly key?: string;
  readonly bytes: string | Uint8Array;
  readonly length?: number;
}

/** The gate under test. */
export class Gate {
  readonly directory = mkdtempSync(join(tmpdir(), "kg-"));
  readonly home: GpgHome;
  readonly key: string;
  readonly otherKey: string;
  readonly #owned: boolean;
  #child: ChildProcess | null = null;
  #logs = 0;
  said = "";

  /** With the home of another gate its keys are used, and are not removed. */
  constructor(shared?: Gate) {
    this.#owned = shared === undefined;
    this.home = shared?.home ?? new GpgHome();
    this.key = shared?.key ?? this.home.makeKey({ userId: "One" });
    this.otherKey = shared?.otherKey ?? this.home.makeKey({ userId: "Two" });
    mkdirSync(join(this.directory, "rpc"));
  }

  async start(options: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = {
      "services-dir": join(this.directory, "rpc"),
      "state-dir": join(this.directory, "state"),
      mode: "announce",
      window: "900",
      wait: "0.2",
      "logs-qube": "logs",
      gpg: "gpg",
      homedir: this.home.directory,
      ...options,
    };
    const words = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
    const qubes = ["--build-qube", "build-fedora", "--build-qube", "build-other"];
    const child = spawn(process.execPath, [gate, "key-gate", ...words, ...qubes], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.said = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", () => resolve());
      child.stderr.on("data", (chunk: Buffer) => {
        this.said += chunk.toString("utf8");
      });
      child.once("exit", () => reject(new Error(`the gate ended: ${this.said}`)));
    });
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** The most memory that it has had, in MB. */
  peakMemory(): number {
    return Number(/VmHWM:\s+([0-9]+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1]) / 1024;
  }

  /** One acknowledgement of a log of its own, as the logs qube sends it. */
  async acknowledge(
    announcements: readonly GateAnnouncement[],
    how: { readonly source?: string; readonly qube?: string; readonly log?: string; readonly length?: number } = {},
  ): Promise<void> {
    const qube = how.qube ?? "build-fedora";
    const log = how.log ?? `${qube}/test/log_2026-11-23_15-02-34.${++this.#logs}`;
    const head = { log, length: how.length ?? 100, sha256: "0".repeat(64), commit: "1".repeat(40) };
    const lines = announcements.map(({ kind = "detach", key = this.key, bytes, length }) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { sign: kind, key, sha256, length: length ?? Buffer.byteLength(bytes), name: "x" };
    });
    await this.received([head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""), how);
  }

  /** Any input for `LogReceived`. */
  async received(input: string, how: { readonly source?: string; readonly qube?: string } = {}): Promise<void> {
    const transport = socketTransport(join(this.directory, "rpc"), how.source ?? "logs");
    const call = { target: "dom0", service: "qubesbuilder.LogReceived", argument: how.qube ?? "build-fedora" } as const;
    await callQrexec(transport, call, input, { timeoutMs: 120_000, maxOutputBytes: 100 });
  }

  /** A request with any arguments. */
  ask(
    args: readonly string[],
    input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    source = "build-fedora",
  ): Promise<SplitGpgAnswer> {
    const transport = socketTransport(join(this.directory, "rpc"), source);
    return callSplitGpg({ transport, target: "@default", args, input, timeoutMs: 600_000 });
  }

  /** A request for a signature. */
  sign(
    bytes: string | Uint8Array,
    how: { readonly kind?: string; readonly key?: string; readonly source?: string } = {},
  ) {
    const kind = how.kind ?? "--detach-sign";
    return this.ask(["--armor", "-u", how.key ?? this.key, kind], [Buffer.from(bytes)], how.source);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#child !== null) await endChild(this.#child, signal);
  }

  async remove(): Promise<void> {
    await this.end();
    if (this.#owned) this.home.remove();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
