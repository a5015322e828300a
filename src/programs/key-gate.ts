/**
 * The key gate: it stands in the keys qube, in front of gpg (or of the genuine split-gpg server), and lets a signature
 * out only for bytes that a log announced which the logs qube has acknowledged. This one file, on Node's own modules
 * only, is all of it, so that an auditor can read it in one sitting; that is why it is longer than our files are.
 *
 *   qubes.Gpg, from a build qube: split-gpg's protocol. A request is parsed into {detach or clear, one key, armored or
 *     not} and gpg's arguments are built here; nothing of the caller's reaches gpg but the bytes to be signed.
 *   qubesbuilder.LogReceived+BUILD-QUBE, from the logs qube: JSON lines, a checkpoint of a log and what it announces.
 *
 * Against: a build qube that has been taken over (it may ask for anything, but everything it gets has been published
 * first), another environment's qubes, and mistakes of the policy (sources and arguments are checked here again).
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { uptime } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";

/* ---- What it is told, by its command line only ---- */

interface Settings {
  readonly servicesDir: string;
  readonly stateDir: string;
  /** `announce`: one signature an announcement. `log`: any signature while a log was acknowledged within the window. */
  readonly mode: "announce" | "log";
  readonly windowSeconds: number;
  readonly waitSeconds: number;
  readonly buildQubes: readonly string[];
  readonly logsQube: string;
  readonly backend:
    | { readonly kind: "gpg"; readonly program: string; readonly homedir: string }
    | { readonly kind: "server"; readonly program: string; readonly statDir: string };
}

const usage = `release-bot key-gate --services-dir DIR --state-dir DIR --mode announce|log --window SECONDS
    --build-qube NAME [--build-qube NAME …] --logs-qube NAME
    (--gpg PROGRAM --homedir DIR | --server PROGRAM [--stat-dir DIR]) [--wait SECONDS]\n`;

/** Everything that security hangs on has to be said; what is missing or of a wrong form is null. */
function parseSettings(argv: readonly string[]): Settings | null {
  const names = [
    "services-dir",
    "state-dir",
    "mode",
    "window",
    "wait",
    "logs-qube",
    "gpg",
    "homedir",
    "server",
    "stat-dir",
  ];
  const options: Record<string, { type: "string"; multiple?: boolean }> = {
    "build-qube": { type: "string", multiple: true },
  };
  for (const name of names) options[name] = { type: "string" };
  const { values } = parseArgs({ args: [...argv], options });
  const value = (name: string): string => String(values[name] ?? "");
  const buildQubes = (values["build-qube"] ?? []) as string[];
  const mode = value("mode");
  const windowSeconds = Number(value("window"));
  const waitSeconds = Number(value("wait") || "60");
  const program = value("server") || value("gpg");
  const servicesDir = value("services-dir");
  const stateDir = value("state-dir");
  const good =
    (mode === "announce" || mode === "log") &&
    [servicesDir, stateDir, program].every((word) => word !== "") &&
    buildQubes.length > 0 &&
    [...buildQubes, value("logs-qube")].every((name) => qubeName.test(name)) &&
    windowSeconds > 0 &&
    windowSeconds <= 86_400 &&
    waitSeconds > 0 &&
    (value("server") === "") !== (value("gpg") === "") &&
    (value("gpg") === "") === (value("homedir") === "");
  if (!good) return null;
  const backend: Settings["backend"] =
    value("gpg") === ""
      ? { kind: "server", program, statDir: value("stat-dir") || "/run/qubes-gpg-split" }
      : { kind: "gpg", program, homedir: value("homedir") };
  const logsQube = value("logs-qube");
  return { servicesDir, stateDir, mode, windowSeconds, waitSeconds, buildQubes, logsQube, backend };
}

const qubeName = /^[A-Za-z][A-Za-z0-9_.-]{0,30}$/;

function say(text: string): void {
  process.stderr.write(`key-gate: ${text.replace(/[^\x20-\x7e]/g, "?")}\n`);
}

/* ---- What has been announced ---- */

type Kind = "detach" | "clear";

interface Announced {
  readonly kind: Kind;
  readonly key: string;
  readonly sha256: string;
  readonly length: number;
  readonly name: string;
  /** Seconds since boot, sleep included: nobody sets this clock from outside. */
  readonly at: number;
  spent: boolean;
}

/** More than this stand open only in an attack. */
const mostAnnounced = 10_000;

/** What acknowledged logs announce, for each build qube on its own. It is forgotten at the end: what is not signed by then is announced anew. */
class Announcements {
  readonly #settings: Settings;
  readonly #open = new Map<string, Announced[]>();
  readonly #lastLog = new Map<string, number>();
  /** How far each log has been acknowledged: a repeated call must not pay for a second signature. */
  readonly #lengths = new Map<string, number>();
  readonly #file: number;
  #waiting = new Set<() => void>();

  constructor(settings: Settings) {
    this.#settings = settings;
    fs.mkdirSync(settings.stateDir, { recursive: true, mode: 0o700 });
    const path = join(settings.stateDir, "acknowledged");
    const known = fs.existsSync(path) ? fs.readFileSync(path, "latin1") : "";
    for (const line of known.split("\n")) {
      const [, , , length, log] = line.split(" ");
      if (log !== undefined) this.#lengths.set(log, Number(length));
    }
    this.#file = fs.openSync(path, "a", 0o600);
    if (known !== "" && !known.endsWith("\n")) fs.writeSync(this.#file, "\n");
  }

  /** Takes one acknowledgement whole, or throws and takes nothing of it. */
  acknowledge(qube: string, untrusted: string): void {
    const now = uptime();
    if (untrusted !== "") {
      const [first, ...rest] = untrusted.split("\n").filter((line) => line !== "");
      const head = parseCheckpoint(qube, first ?? "");
      const announced = rest.map((line) => parseAnnounced(line, now));
      if (head.length <= (this.#lengths.get(head.log) ?? -1)) return;
      const fresh = (this.#open.get(qube) ?? []).filter((one) => !one.spent && this.#inWindow(one.at));
      if (fresh.length + announced.length > mostAnnounced) throw new Error("too many open announcements");
      // Kept for ever, since `release-bot audit` asks whether each of these commits is still part of the branch.
      fs.writeSync(this.#file, `${new Date().toISOString()} ${qube} ${head.commit} ${head.length} ${head.log}\n`);
      fs.fdatasyncSync(this.#file);
      this.#lengths.set(head.log, head.length);
      this.#open.set(qube, [...fresh, ...announced]);
    }
    this.#lastLog.set(qube, now);
    for (const look of [...this.#waiting]) look();
  }

  /** Whether anything of this kind, key and at least this length may be signed now; the digest is known only at the end. */
  allows(qube: string, wish: SignWish, length: number): boolean {
    if (this.#settings.mode === "log") return this.#inWindow(this.#lastLog.get(qube)) && length <= longestInput;
    return this.#matching(qube, wish).some((one) => one.length >= length);
  }

  /** Uses up one announcement of exactly these bytes; false where none stands. */
  spend(qube: string, wish: SignWish, length: number, sha256: string): boolean {
    if (this.#settings.mode === "log") return this.allows(qube, wish, length);
    const found = this.#matching(qube, wish).find((one) => one.length === length && one.sha256 === sha256);
    if (found === undefined) return false;
    found.spent = true;
    return true;
  }

  /** Waits until the condition holds, the deadline (seconds since boot) has passed, or the caller has gone. */
  async until(condition: () => boolean, deadline: number, caller: Socket): Promise<boolean> {
    while (!condition()) {
      const left = deadline - uptime();
      if (left <= 0 || caller.destroyed) return false;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          caller.off("close", done);
          resolve();
        };
        const timer = setTimeout(done, left * 1000 + 10);
        this.#waiting.add(done);
        caller.once("close", done);
      });
    }
    return true;
  }

  #matching(qube: string, wish: SignWish): Announced[] {
    return (this.#open.get(qube) ?? []).filter(
      (one) => !one.spent && one.kind === wish.kind && one.key === wish.key && this.#inWindow(one.at),
    );
  }

  #inWindow(at: number | undefined): boolean {
    return at !== undefined && uptime() - at <= this.#settings.windowSeconds;
  }
}

/** An object with exactly these members, each matching its pattern; numbers are whole and written plainly. */
function parseLine<Name extends string>(untrusted: string, form: Readonly<Record<Name, RegExp>>): Record<Name, string> {
  const value: unknown = JSON.parse(untrusted);
  const names = Object.keys(form) as Name[];
  if (typeof value !== "object" || value === null || Object.keys(value).sort().join() !== [...names].sort().join()) {
    throw new Error("a line of the wrong form");
  }
  const parsed = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, String(member)]));
  for (const name of names) if (!form[name].test(parsed[name] ?? "")) throw new Error(`a wrong ${name}`);
  return parsed as Record<Name, string>;
}

const digits = /^(0|[1-9][0-9]{0,14})$/;
const hex64 = /^[0-9a-f]{64}$/;

function parseCheckpoint(qube: string, untrusted: string): { log: string; length: number; commit: string } {
  const log = /^[A-Za-z0-9_.-]{1,31}\/[A-Za-z0-9_-]{1,64}\/log_[0-9._-]{1,32}$/;
  const line = parseLine(untrusted, { log, length: digits, sha256: hex64, commit: /^[0-9a-f]{40}([0-9a-f]{24})?$/ });
  // A log lies under the name of the qube that sent it: one environment's log unlocks nothing of another's.
  if (!line.log.startsWith(`${qube}/`)) throw new Error(`a log of another qube than ${qube}`);
  return { log: line.log, length: Number(line.length), commit: line.commit };
}

function parseAnnounced(untrusted: string, at: number): Announced {
  const name = /^[A-Za-z0-9._+~-]{1,128}$/;
  const form = { sign: /^(detach|clear)$/, key: /^[0-9A-F]{40}$/, sha256: hex64, length: digits, name };
  const line = parseLine(untrusted, form);
  const kind = line.sign === "detach" ? "detach" : "clear";
  return { kind, key: line.key, sha256: line.sha256, length: Number(line.length), name: line.name, at, spent: false };
}

/* ---- What a caller may ask of gpg ---- */

interface SignWish {
  readonly kind: Kind;
  /** 40 upper-case hex digits. */
  readonly key: string;
  readonly armor: boolean;
  readonly digest: "SHA256" | "SHA384" | "SHA512";
  readonly status: boolean;
}
/** What needs no announcement: it tells nothing secret and makes no signature. */
interface PublicWish {
  readonly kind: "public";
  readonly command: "--version" | "--list-keys" | "--list-config" | "--verify" | "--export";
  readonly armor: boolean;
  readonly colons: boolean;
  readonly status: boolean;
  readonly keys: readonly string[];
}

const shortOptions: Readonly<Record<string, string>> = {
  s: "--sign",
  b: "--detach-sign",
  a: "--armor",
  u: "--local-user",
  o: "--output",
  k: "--list-keys",
  q: "--quiet",
};
const withValue = new Set([
  "--local-user",
  "--output",
  "--digest-algo",
  "--status-fd",
  "--charset",
  "--display-charset",
]);
/** Accepted because tools send them, and without any effect here. */
const ignored = new Set(
  "--batch --no-tty --quiet --yes --no-verbose --no-secmem-warning --no-greeting --use-agent --no-armor --fixed-list-mode --with-fingerprint".split(
    " ",
  ),
);
const commands = new Set(
  "--sign --detach-sign --clearsign --version --list-keys --list-config --verify --export".split(" "),
);
const aliases: Readonly<Record<string, string>> = {
  "--clear-sign": "--clearsign",
  "--list-public-keys": "--list-keys",
};

/** Parses gpg's options by an allow-list, abbreviations excluded; throws for everything else. */
function parseWish(untrustedArgs: readonly string[]): SignWish | PublicWish {
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  const words = [...untrustedArgs];
  const take = (untrustedName: string, attached: string | null): void => {
    const name = aliases[untrustedName] ?? untrustedName;
    if (ignored.has(name) && attached === null) return;
    const takesValue = withValue.has(name);
    if (!takesValue && (attached !== null || !(commands.has(name) || name === "--armor" || name === "--with-colons"))) {
      throw new Error(`the option ${untrustedName} is not allowed`);
    }
    const value = takesValue ? (attached ?? words.shift()) : "";
    if (value === undefined) throw new Error(`the option ${name} needs a value`);
    given.set(name, [...(given.get(name) ?? []), value]);
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") operands.push(...words.splice(0));
    else if (word.startsWith("--")) {
      const at = word.indexOf("=");
      take(at === -1 ? word : word.slice(0, at), at === -1 ? null : word.slice(at + 1));
    } else if (word.startsWith("-") && word !== "-") {
      for (const letter of word.slice(1)) take(shortOptions[letter] ?? `-${letter}`, null);
    } else operands.push(word);
  }
  const one = (name: string, fallback: string): string => {
    const values = given.get(name) ?? [fallback];
    if (values.length > 1) throw new Error(`${name} more than once`);
    return values[0] ?? fallback;
  };
  if (one("--output", "-") !== "-") throw new Error("output goes to standard output only");
  if (!["", "2"].includes(one("--status-fd", ""))) throw new Error("--status-fd can be 2 only");
  const status = given.has("--status-fd");
  const armor = given.has("--armor");
  const asked = [...given.keys()].filter((name) => commands.has(name) && name !== "--sign");
  if (asked.length !== 1 || (given.has("--sign") && asked[0] !== "--detach-sign")) {
    throw new Error("one command of: detached signature, clear signature, version, list, verify, export");
  }
  const command = asked[0];
  if (command === "--detach-sign" || command === "--clearsign") {
    if (operands.some((operand) => operand !== "-") || operands.length > 1) throw new Error("no files are read here");
    const key = /^(?:0x)?([0-9A-Fa-f]{40})!?$/.exec(one("--local-user", ""))?.[1]?.toUpperCase();
    if (key === undefined) throw new Error("one key, by its whole fingerprint");
    const digest = one("--digest-algo", "SHA512").toUpperCase();
    if (digest !== "SHA256" && digest !== "SHA384" && digest !== "SHA512")
      throw new Error(`the digest ${digest} is not allowed`);
    return { kind: command === "--clearsign" ? "clear" : "detach", key, armor, digest, status };
  }
  const keys = command === "--verify" ? operands.filter((operand) => operand !== "-") : operands;
  const named = command === "--list-keys" || command === "--export";
  if (keys.length > (named ? 20 : 0) || !keys.every((key) => /^(0x)?([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})$/.test(key))) {
    throw new Error("keys are named by fingerprint or long id, and no files are read here");
  }
  return {
    kind: "public",
    command: command as PublicWish["command"],
    armor,
    colons: given.has("--with-colons"),
    status,
    keys,
  };
}

/** The arguments that gpg gets: all of them ours, but for the key's name, which is hex. */
function gpgArguments(wish: SignWish | PublicWish): string[] {
  const common = [
    "--batch",
    "--no-tty",
    ...(wish.status ? ["--status-fd", "2"] : []),
    ...(wish.armor ? ["--armor"] : []),
  ];
  if (wish.kind === "public") return [...common, ...(wish.colons ? ["--with-colons"] : []), wish.command, ...wish.keys];
  const command = wish.kind === "detach" ? "--detach-sign" : "--clearsign";
  return [...common, "--digest-algo", wish.digest, "--local-user", wish.key, command];
}

/* ---- split-gpg's protocol ---- */

const longestFrame = 4096;
const longestInput = 64 * 1024 ** 3;
const longestPublicInput = 64 * 1024 ** 2;
const longestOutput = 64 * 1024 ** 2;
const idleMs = 60_000;

function frames(stream: number, data: Uint8Array): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < data.length; from += longestFrame) {
    const piece = data.subarray(from, from + longestFrame);
    parts.push(frameHead(stream, piece.length), Buffer.from(piece));
  }
  return [...parts, frameHead(stream, 0)];
}

function frameHead(stream: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32LE(stream, 0);
  head.writeUInt32LE(length, 4);
  return head;
}

/** A stream of bytes read by need; a peer that sends nothing for a minute is cut off. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #socket: Socket | null;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable, socket: Socket | null) {
    // Half-open sockets are still to be answered when they have been read to their end.
    const iterator = stream.iterator({ destroyOnReturn: false });
    this.#chunks = iterator as AsyncIterator<Buffer>;
    this.#socket = socket;
  }

  /** What is there, at least one byte; null at the end. */
  async more(): Promise<Buffer | null> {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = Buffer.alloc(0);
      return rest;
    }
    this.#socket?.setTimeout(idleMs);
    const next = await this.#chunks.next();
    this.#socket?.setTimeout(0);
    return next.done === true ? null : next.value;
  }

  /** Exactly so many bytes; null where the stream ends before. */
  async exactly(count: number): Promise<Buffer | null> {
    let held = this.#rest;
    this.#rest = Buffer.alloc(0);
    while (held.length < count) {
      const chunk = await this.more();
      if (chunk === null) return null;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    }
    this.#rest = held.subarray(count);
    return held.subarray(0, count);
  }

  /** The bytes up to a NUL, at most `limit` of them; null where there is none. */
  async untilNul(limit: number): Promise<string | null> {
    let held: Buffer = Buffer.alloc(0);
    while (held.length <= limit) {
      const chunk = await this.more();
      if (chunk === null) return null;
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf(0);
      if (end > limit) return null;
      if (end !== -1) {
        this.#rest = held.subarray(end + 1);
        return held.subarray(0, end).toString("latin1");
      }
    }
    return null;
  }

  /** The next frame; null at the end of the stream. */
  async frame(): Promise<{ stream: number; data: Buffer } | null> {
    const head = await this.exactly(8);
    if (head === null) return null;
    const length = head.readUInt32LE(4);
    if (length > longestFrame) throw new Error("a frame that is too long");
    const data = await this.exactly(length);
    return data === null ? null : { stream: head.readInt32LE(0), data };
  }
}

/** `u32` length, then 1,024 bytes of arguments separated by NUL, the program's name first. */
function parseHead(untrusted: Buffer): string[] {
  const length = untrusted.readUInt32LE(0);
  if (length === 0 || length > 1024) throw new Error("arguments that are too long");
  const text = untrusted
    .subarray(4, 4 + length)
    .toString("latin1")
    .replace(/\0$/, "");
  if (/[^\x20-\x7e\0]/.test(text)) throw new Error("arguments that are not printable");
  return text.split("\0").slice(1);
}

/* ---- gpg, or the genuine server, behind the gate ---- */

interface Ending {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** One run of gpg: bytes go in as they come, what comes out is kept back until the end. */
class Run {
  readonly ended: Promise<Ending>;
  readonly #child;
  readonly #framed: boolean;

  constructor(settings: Settings, caller: string, wish: SignWish | PublicWish) {
    const { backend } = settings;
    this.#framed = backend.kind === "server";
    const args = gpgArguments(wish);
    const base = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/", LANG: "C.UTF-8" };
    if (backend.kind === "gpg") {
      // No options file: what gpg does is said here alone.
      const own = ["--homedir", backend.homedir, "--no-options", "--output", "-"];
      this.#child = spawn(backend.program, [...own, ...args], { stdio: "pipe", env: base });
    } else {
      // The genuine server asks nobody while this file is young; the gate has asked the log instead.
      fs.closeSync(fs.openSync(join(backend.statDir, `stat.${caller}`), "w", 0o600));
      const env = { ...base, QREXEC_REMOTE_DOMAIN: caller };
      this.#child = spawn(backend.program, [], { stdio: "pipe", env });
      const command = Buffer.from(["gpg", ...args].join("\0"));
      const head = Buffer.alloc(1028);
      head.writeUInt32LE(command.length, 0);
      command.copy(head, 4);
      this.#child.stdin.write(head);
    }
    this.#child.stdin.on("error", () => undefined);
    this.ended = this.#framed ? this.#endOfServer() : this.#endOfGpg();
    this.ended.catch(() => undefined);
  }

  /** Resolves when there is room for more. */
  async write(data: Buffer): Promise<void> {
    const { stdin } = this.#child;
    if (this.#framed) stdin.write(frameHead(0, data.length));
    if (stdin.write(data) || stdin.destroyed) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stdin.off("drain", go).off("close", go);
        resolve();
      };
      stdin.on("drain", go).on("close", go);
    });
  }

  /** Ends the input and waits for the end. A gpg that waits for somebody to type is ended after a minute. */
  async finish(): Promise<Ending> {
    if (this.#framed) this.#child.stdin.write(frameHead(0, 0));
    else this.#child.stdin.end();
    const timer = setTimeout(() => this.kill(), idleMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
      this.#child.stdin.destroy();
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #exit(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => resolve(code ?? 2));
    });
  }

  async #endOfGpg(): Promise<Ending> {
    const [status, stdout, stderr] = await Promise.all([
      this.#exit(),
      collect(this.#child.stdout, longestOutput),
      collect(this.#child.stderr, 65_536),
    ]);
    return { status, stdout, stderr };
  }

  async #endOfServer(): Promise<Ending> {
    const exit = this.#exit();
    exit.catch(() => undefined);
    void collect(this.#child.stderr, 0);
    const input = new Input(this.#child.stdout, null);
    const said: [Buffer[], Buffer[]] = [[], []];
    let length = 0;
    for (let frame = await input.frame(); frame !== null; frame = await input.frame()) {
      if (frame.stream < 0)
        return { status: -frame.stream - 1, stdout: Buffer.concat(said[0]), stderr: Buffer.concat(said[1]) };
      length += frame.data.length;
      if (length > longestOutput) break;
      said[frame.stream === 0 ? 0 : 1].push(Buffer.from(frame.data));
    }
    this.kill();
    throw new Error(`the server behind the gate ended without an exit status (${await exit})`);
  }
}

/** Reads to the end, and keeps so much of it. Output that is cut is no signature: the caller sees that it is too long. */
async function collect(stream: NodeJS.ReadableStream, limit: number): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= limit) kept.push(chunk);
  }
  return Buffer.concat(kept);
}

/* ---- The two services ---- */

interface Call {
  readonly argument: string;
  readonly source: string;
  readonly input: Input;
  readonly socket: Socket;
}

/** Answers one call of qubes.Gpg; what it throws is the refusal that the caller reads. */
async function gpg(settings: Settings, announcements: Announcements, call: Call): Promise<Ending> {
  const { source, input, socket } = call;
  if (!settings.buildQubes.includes(source)) throw new Error(`${source} is no build qube of these keys`);
  const head = await input.exactly(1028);
  if (head === null) throw new Error("a request that is cut off");
  const wish = parseWish(parseHead(head));
  const deadline = uptime() + settings.waitSeconds;
  const open = async (length: number): Promise<void> => {
    if (wish.kind === "public") {
      if (length > longestPublicInput) throw new Error("too much input");
    } else if (!(await announcements.until(() => announcements.allows(source, wish, length), deadline, socket))) {
      throw new Error(
        `no announcement for a ${wish.kind} signature by ${wish.key} over ${length} bytes or more has been acknowledged`,
      );
    }
  };
  await open(0);
  const run = new Run(settings, source, wish);
  const hash = createHash("sha256");
  let length = 0;
  try {
    for (let frame = await input.frame(); ; frame = await input.frame()) {
      // The end of the pipe is no end of the input: the client stopped half way, and half of a file is not signed.
      if (frame === null) throw new Error("an input that is cut off");
      if (frame.stream !== 0) throw new Error("input on a stream that has none");
      if (frame.data.length === 0) break;
      length += frame.data.length;
      await open(length);
      hash.update(frame.data);
      await run.write(frame.data);
    }
    const ending = await run.finish();
    if (wish.kind === "public" || ending.status !== 0)
      return wish.kind === "public" ? ending : { ...ending, stdout: Buffer.alloc(0) };
    const sha256 = hash.digest("hex");
    const stands = (): boolean => announcements.spend(source, wish, length, sha256);
    // From here to the answer nothing waits: an announcement is spent in the same step that lets its signature out.
    if (!(await announcements.until(stands, deadline, socket))) {
      throw new Error(`no announcement for ${wish.kind} ${wish.key} sha256:${sha256} ${length} has been acknowledged`);
    }
    say(`signed for ${source}: ${wish.kind} ${wish.key} sha256:${sha256} ${length}`);
    return ending;
  } finally {
    run.kill();
  }
}

async function answerGpg(settings: Settings, announcements: Announcements, call: Call): Promise<void> {
  let ending: Ending;
  try {
    ending = await gpg(settings, announcements, call);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`refused to ${call.source}: ${reason}`);
    ending = { status: 1, stdout: Buffer.alloc(0), stderr: Buffer.from(`key-gate: ${reason}\n`) };
  }
  const parts = [...frames(0, ending.stdout), ...frames(1, ending.stderr), frameHead(-(ending.status + 1), 0)];
  call.socket.end(Buffer.concat(parts));
}

/** Takes one acknowledgement. Its sender reads no answer, so what is wrong with it is said in the gate's own log. */
async function logReceived(settings: Settings, announcements: Announcements, call: Call): Promise<void> {
  if (call.source !== settings.logsQube) throw new Error(`${call.source} is not the logs qube`);
  if (!settings.buildQubes.includes(call.argument)) throw new Error(`${call.argument} is no build qube of these keys`);
  let text = "";
  for (let chunk = await call.input.more(); chunk !== null; chunk = await call.input.more()) {
    text += chunk.toString("latin1");
    if (text.length > 65_536) throw new Error("an acknowledgement over 64 KiB");
  }
  announcements.acknowledge(call.argument, text);
  call.socket.end();
}

/* ---- Sockets ---- */

/** Calls of one service at the same time; a flood of one build qube ends here. */
const mostCalls = 64;

async function listen(directory: string, service: string, serve: (call: Call) => Promise<void>): Promise<Server> {
  const path = join(directory, service);
  const living = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).once("error", () => resolve(false));
    probe.once("connect", () => probe.destroy());
  });
  if (living) throw new Error(`${path}: another program serves it already`);
  fs.rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("timeout", () => socket.destroy());
    socket.once("close", () => open.delete(socket));
    if (open.size >= mostCalls) socket.destroy();
    else open.add(socket);
    void take(socket);
  });
  const take = async (socket: Socket): Promise<void> => {
    try {
      const input = new Input(socket, socket);
      const header = /^([^+ ]+)\+([^ ]*) ([^ ]+)$/.exec((await input.untilNul(1200)) ?? "");
      const [, name, argument, source] = header ?? [];
      if (name !== service || argument === undefined || !qubeName.test(source ?? ""))
        throw new Error("no qrexec header");
      await serve({ argument, source: source ?? "", input, socket });
    } catch (error) {
      say(`${service}: ${error instanceof Error ? error.message : error}`);
    } finally {
      // Whatever has not been read will not be: the answer, where there is one, has a moment to be read.
      if (!socket.writableEnded) socket.destroy();
      else setTimeout(() => socket.destroy(), 5000).unref();
    }
  };
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  fs.chmodSync(path, 0o600);
  return server;
}

/** `release-bot key-gate`: listens until SIGTERM. */
export async function main(argv: readonly string[]): Promise<number> {
  let settings: Settings | null = null;
  try {
    settings = parseSettings(argv);
  } catch (error) {
    process.stderr.write(`key-gate: ${error instanceof Error ? error.message : error}\n`);
  }
  if (settings === null) {
    process.stderr.write(usage);
    return argv.includes("--help") ? 0 : 2;
  }
  const checked = settings;
  const announcements = new Announcements(checked);
  const servers = [
    await listen(checked.servicesDir, "qubes.Gpg", (call) => answerGpg(checked, announcements, call)),
    await listen(checked.servicesDir, "qubesbuilder.LogReceived", (call) => logReceived(checked, announcements, call)),
  ];
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.once("SIGTERM", resolve).once("SIGINT", resolve));
  for (const server of servers) server.close();
  for (const service of ["qubes.Gpg", "qubesbuilder.LogReceived"])
    fs.rmSync(join(checked.servicesDir, service), { force: true });
  process.exit(0);
}
