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
import { EventEmitter, once } from "node:events";
import * as fs from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { uptime } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/* ---- What it is told, by its command line only; what security hangs on has no default ---- */

/** What `--help` says. */
export const help = `release-bot key-gate --services-dir DIR --state-dir DIR --mode announce|log --window SECONDS
    --build-qube NAME [--build-qube NAME …] --logs-qube NAME
    --gpg PROGRAM (--homedir DIR | --server PROGRAM [--stat-dir DIR]) [--wait SECONDS]

Serves qubes.Gpg and qubesbuilder.LogReceived in a keys qube: signs what a received log has announced, within the window.

Example: release-bot key-gate --services-dir /usr/local/etc/qubes-rpc --state-dir ~/.local/state/release-bot/key-gate
           --mode announce --window 300 --build-qube build-fedora --logs-qube logs --gpg gpg --homedir ~/.gnupg
Exit status 0 ended by SIGTERM, 1 it could not start, 2 wrong usage.\n`;

type Settings = ReturnType<typeof parseSettings>;

const qubeName = /^[A-Za-z][A-Za-z0-9_.-]{0,30}$/;
const seconds = /^[0-9]{1,5}(\.[0-9]+)?$/;
const path = /^.+$/;

function parseSettings(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const words = {
    "services-dir": text,
    "state-dir": text,
    mode: text,
    window: text,
    wait: text,
    "logs-qube": text,
  } as const;
  const backends = { gpg: text, homedir: text, server: text, "stat-dir": text } as const;
  const options = { ...words, ...backends, "build-qube": { type: "string", multiple: true } } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const need = (name: keyof typeof words | keyof typeof backends, form: RegExp, fallback?: string): string => {
    const value = values[name] ?? fallback;
    if (value === undefined || !form.test(value)) throw new Error(`--${name} is missing or wrong`);
    return value;
  };
  const buildQubes = values["build-qube"] ?? [];
  if (buildQubes.length === 0 || !buildQubes.every((name) => qubeName.test(name)))
    throw new Error("--build-qube is missing or wrong");
  if ((values.server === undefined) === (values.homedir === undefined)) throw new Error("either --homedir or --server");
  return {
    servicesDir: need("services-dir", path),
    stateDir: need("state-dir", path),
    /** `announce`: one signature an announcement. `log`: any signature while a log was acknowledged within the window. */
    mode: need("mode", /^(announce|log)$/),
    windowSeconds: Number(need("window", seconds)),
    waitSeconds: Number(need("wait", seconds, "60")),
    buildQubes,
    logsQube: need("logs-qube", qubeName),
    gpg: need("gpg", path),
    /** Null where the genuine split-gpg server runs gpg, in its own home. */
    homedir: values.homedir === undefined ? null : need("homedir", path),
    server: values.server === undefined ? null : need("server", path),
    statDir: need("stat-dir", path, "/run/qubes-gpg-split"),
  };
}

function say(text: string): void {
  process.stderr.write(`key-gate: ${text.replace(/[^\x20-\x7e]/g, "?")}\n`);
}

/* ---- What has been announced ---- */

interface Announced {
  readonly kind: string;
  readonly key: string;
  readonly sha256: string;
  readonly length: number;
  /** What the log calls it, with the id of the command that it is for. */
  readonly name: string;
  /** Seconds since boot, sleep included: nobody sets this clock from outside. */
  readonly at: number;
  spent: boolean;
}

/** More than this stand open only in an attack. */
const mostAnnounced = 10_000;
const longestInput = 64 * 1024 ** 3;

/** What acknowledged logs announce, for each build qube on its own. Forgotten at the end: what is not signed by then is announced anew. */
class Announcements {
  readonly #settings: Settings;
  readonly #open = new Map<string, Announced[]>();
  readonly #lastLog = new Map<string, number>();
  /** How far each log has been acknowledged: a repeated call must not pay for a second signature. */
  readonly #lengths = new Map<string, number>();
  readonly #file: number;
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor(settings: Settings) {
    this.#settings = settings;
    fs.mkdirSync(settings.stateDir, { recursive: true, mode: 0o700 });
    const file = join(settings.stateDir, "acknowledged");
    const known = fs.existsSync(file) ? fs.readFileSync(file, "latin1") : "";
    for (const line of known.split("\n")) {
      const [, , , length, log] = line.split(" ");
      if (log !== undefined) this.#lengths.set(log, Number(length));
    }
    this.#file = fs.openSync(file, "a", 0o600);
    if (known !== "" && !known.endsWith("\n")) fs.writeSync(this.#file, "\n");
  }

  /** Takes one acknowledgement whole, or throws and takes nothing of it. */
  acknowledge(qube: string, untrusted: string): void {
    if (untrusted !== "") {
      const [first, ...rest] = untrusted.split("\n").filter((line) => line !== "");
      const head = parseCheckpoint(qube, first ?? "");
      const announced = rest.map(parseAnnounced);
      if (head.length <= (this.#lengths.get(head.log) ?? -1)) return;
      const fresh = (this.#open.get(qube) ?? []).filter((one) => this.#stands(one));
      if (fresh.length + announced.length > mostAnnounced) throw new Error("too many open announcements");
      // Kept for ever, since `release-bot audit` asks whether each of these commits is still part of the branch.
      fs.writeSync(this.#file, `${new Date().toISOString()} ${qube} ${head.commit} ${head.length} ${head.log}\n`);
      fs.fdatasyncSync(this.#file);
      this.#lengths.set(head.log, head.length);
      this.#open.set(qube, [...fresh, ...announced]);
    }
    this.#lastLog.set(qube, uptime());
    this.#news.emit("acknowledged");
  }

  /** Whether anything of this kind, key and at least this length may be signed now; the digest is known only at the end. */
  allows(qube: string, wish: SignWish, length: number): boolean {
    if (this.#settings.mode === "log") return length <= longestInput && this.#inWindow(this.#lastLog.get(qube));
    return this.#matching(qube, wish).some((one) => one.length >= length);
  }

  /** Uses up one announcement of exactly these bytes; answers its name, null where none stands. */
  spend(qube: string, wish: SignWish, length: number, sha256: string): string | null {
    if (this.#settings.mode === "log") return this.allows(qube, wish, length) ? "not announced" : null;
    const found = this.#matching(qube, wish).find((one) => one.length === length && one.sha256 === sha256);
    if (found === undefined) return null;
    found.spent = true;
    return found.name;
  }

  /** Waits until the condition holds, the deadline (seconds since boot) has passed, or the caller has gone. */
  async until(condition: () => boolean, deadline: number, gone: AbortSignal): Promise<boolean> {
    while (!condition()) {
      const left = deadline - uptime();
      if (left <= 0 || gone.aborted) return false;
      const signal = AbortSignal.any([gone, AbortSignal.timeout(Math.ceil(left * 1000) + 10)]);
      // An abort is no fault: the condition is looked at once more, and then the deadline.
      await once(this.#news, "acknowledged", { signal }).catch(() => undefined);
    }
    return true;
  }

  #matching(qube: string, { kind, key }: SignWish): Announced[] {
    return (this.#open.get(qube) ?? []).filter((one) => one.kind === kind && one.key === key && this.#stands(one));
  }

  #stands(one: Announced): boolean {
    return !one.spent && this.#inWindow(one.at);
  }

  #inWindow(at: number | undefined): boolean {
    return at !== undefined && uptime() - at <= this.#settings.windowSeconds;
  }
}

/** An object with exactly these members, each matching its pattern as it is written. */
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
  return { ...line, length: Number(line.length) };
}

function parseAnnounced(untrusted: string): Announced {
  const form = {
    sign: /^(detach|clear)$/,
    key: /^[0-9A-F]{40}$/,
    sha256: hex64,
    length: digits,
    name: /^[A-Za-z0-9._+~-]{1,128}$/,
  };
  const { sign, key, sha256, length, name } = parseLine(untrusted, form);
  return { kind: sign, key, sha256, length: Number(length), name, at: uptime(), spent: false };
}

/* ---- What a caller may ask of gpg: an allow-list of options, of which gpg then gets our own spelling ---- */

interface SignWish {
  readonly kind: "detach" | "clear";
  /** 40 upper-case hex digits. */
  readonly key: string;
  readonly args: readonly string[];
}

/** What needs no announcement: it tells nothing secret and makes no signature. */
interface PublicWish {
  readonly kind: "public";
  readonly args: readonly string[];
}

const spellings: Readonly<Record<string, string>> = {
  "-s": "--sign",
  "-b": "--detach-sign",
  "-a": "--armor",
  "-u": "--local-user",
  "-o": "--output",
  "-k": "--list-keys",
  "-q": "--quiet",
  "--clear-sign": "--clearsign",
  "--list-public-keys": "--list-keys",
};
const withValue = ["--local-user", "--output", "--digest-algo", "--status-fd"];
const commands = [
  "--sign",
  "--detach-sign",
  "--clearsign",
  "--version",
  "--list-keys",
  "--list-config",
  "--verify",
  "--export",
];
const flags = ["--armor", "--with-colons"];
/** Accepted because tools send them, and without any effect here. */
const ignored = ["--batch", "--no-tty", "--quiet", "--yes", "--no-verbose", "--no-secmem-warning", "--no-greeting"];
ignored.push("--use-agent", "--no-armor", "--fixed-list-mode", "--with-fingerprint");

/** The options with their values, and the operands; throws for what is not on a list, abbreviations included. */
function parseOptions(untrusted: readonly string[]): { given: Map<string, string>; operands: string[] } {
  const given = new Map<string, string>();
  const operands: string[] = [];
  const words = [...untrusted];
  const take = (written: string, attached: string | undefined): void => {
    const name = spellings[written] ?? written;
    const valued = withValue.includes(name);
    if (!(valued || (attached === undefined && [...commands, ...flags, ...ignored].includes(name)))) {
      throw new Error(`the option ${written} is not allowed`);
    }
    const value = valued ? (attached ?? words.shift()) : "";
    if (value === undefined || (valued && given.has(name)))
      throw new Error(`${name} without a value, or more than once`);
    if (!ignored.includes(name)) given.set(name, value);
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, long, value] = /^(--[a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
    if (word === "--") operands.push(...words.splice(0));
    else if (long !== undefined) take(long, value);
    else if (/^-[a-z]/.test(word)) for (const letter of word.slice(1)) take(`-${letter}`, undefined);
    else operands.push(word);
  }
  return { given, operands };
}

/** Parses a request; throws for everything that is not plainly one of ours. */
function parseWish(untrusted: readonly string[]): SignWish | PublicWish {
  const { given, operands } = parseOptions(untrusted);
  if ((given.get("--output") ?? "-") !== "-") throw new Error("output goes to standard output only");
  if ((given.get("--status-fd") ?? "2") !== "2") throw new Error("--status-fd can be 2 only");
  const common = ["--batch", ...(given.has("--status-fd") ? ["--status-fd", "2"] : [])];
  if (given.has("--armor")) common.push("--armor");
  const [command, ...more] = [...given.keys()].filter((name) => commands.includes(name) && name !== "--sign");
  if (command === undefined || more.length > 0 || (given.has("--sign") && command !== "--detach-sign")) {
    throw new Error("one command of: detached signature, clear signature, version, list, verify, export");
  }
  const files = operands.filter((operand) => operand !== "-");
  if (command === "--detach-sign" || command === "--clearsign") {
    const key = /^(?:0x)?([0-9A-Fa-f]{40})!?$/.exec(given.get("--local-user") ?? "")?.[1]?.toUpperCase();
    const digest = (given.get("--digest-algo") ?? "SHA512").toUpperCase();
    if (files.length > 0) throw new Error("no files are read here");
    if (key === undefined) throw new Error("one key, by its whole fingerprint");
    if (!/^SHA(256|384|512)$/.test(digest)) throw new Error(`the digest ${digest} is not allowed`);
    const args = [...common, "--digest-algo", digest, "--local-user", key, command];
    return { kind: command === "--clearsign" ? "clear" : "detach", key, args };
  }
  const mostKeys = command === "--list-keys" || command === "--export" ? 20 : 0;
  if (files.length > mostKeys || !files.every((name) => /^(0x)?([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})$/.test(name))) {
    throw new Error("keys are named by fingerprint or long id, and no files are read here");
  }
  return {
    kind: "public",
    args: [...common, ...(given.has("--with-colons") ? ["--with-colons"] : []), command, ...files],
  };
}

/* ---- split-gpg's protocol: a head of arguments, then frames of `i32` stream, `u32` length, data ---- */

const headLength = 1028;
const longestFrame = 4096;

function frameHead(stream: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32LE(stream, 0);
  head.writeUInt32LE(length, 4);
  return head;
}

function frames(stream: number, data: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < data.length; from += longestFrame) {
    const piece = data.subarray(from, from + longestFrame);
    parts.push(frameHead(stream, piece.length), piece);
  }
  return [...parts, frameHead(stream, 0)];
}

/** `u32` length, then 1,024 bytes of arguments separated by NUL, the program's name first. */
function parseHead(untrusted: Buffer): string[] {
  const length = untrusted.readUInt32LE(0);
  if (length === 0 || length > headLength - 4) throw new Error("arguments that are too long");
  const text = untrusted
    .subarray(4, 4 + length)
    .toString("latin1")
    .replace(/\0$/, "");
  if (/[^\x20-\x7e\0]/.test(text)) throw new Error("arguments that are not printable");
  return text.split("\0").slice(1);
}

/** Bytes of a caller, read by need; one that sends nothing for a minute is cut off. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    // Half-open sockets are still to be answered when they have been read to their end.
    this.#chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** Waits for more bytes; false at the end. */
  async #more(): Promise<boolean> {
    this.#socket.setTimeout(idleMs);
    const next = await this.#chunks.next();
    this.#socket.setTimeout(0);
    if (next.done !== true) this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return next.done !== true;
  }

  /** Exactly so many bytes. Throws where the stream ends before. */
  async exactly(count: number): Promise<Buffer> {
    while (this.#rest.length < count) if (!(await this.#more())) throw new Error("an input that is cut off");
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return bytes;
  }

  /** The bytes up to a NUL, or to the end, as text. Throws where they are more than `limit`. */
  async text(until: "nul" | "end", limit: number): Promise<string> {
    for (;;) {
      const at = until === "nul" ? this.#rest.indexOf(0) : -1;
      if ((at === -1 ? this.#rest.length : at) > limit) throw new Error(`more than ${limit} bytes`);
      if (at !== -1) return (await this.exactly(at + 1)).subarray(0, -1).toString("latin1");
      if (!(await this.#more())) {
        if (until === "nul") throw new Error("an input that is cut off");
        return this.#rest.toString("latin1");
      }
    }
  }

  /** The data of the next frame of standard input; null at its end. Throws where the pipe ends before. */
  async frame(): Promise<Buffer | null> {
    const head = await this.exactly(8);
    const length = head.readUInt32LE(4);
    if (length > longestFrame) throw new Error("a frame that is too long");
    if (head.readInt32LE(0) !== 0) throw new Error("input on a stream that has none");
    return length === 0 ? null : this.exactly(length);
  }
}

/* ---- gpg, or the genuine server, behind the gate ---- */

interface Ending {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const idleMs = 60_000;
const longestOutput = 64 * 1024 ** 2;

/** One run of gpg: bytes go in as they come, what comes out is kept back until the end. */
function start(settings: Settings, caller: string, args: readonly string[]) {
  const base = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/", LANG: "C.UTF-8" };
  const { gpg, homedir, server, statDir } = settings;
  // No options file: what gpg does is said here alone. The genuine server allows fewer options, and adds its own.
  const own = ["--homedir", homedir ?? "", "--no-options", "--no-tty", "--output", "-", ...args];
  const child =
    server === null
      ? spawn(gpg, own, { stdio: "pipe", env: base })
      : spawn(server, [gpg, caller], { stdio: "pipe", env: { ...base, QREXEC_REMOTE_DOMAIN: caller } });
  child.stdin.on("error", () => undefined);
  const collected = Promise.all([
    new Promise<number>((resolve, reject) => child.once("error", reject).once("close", (code) => resolve(code ?? 2))),
    collect(child.stdout),
    collect(child.stderr),
  ]);
  collected.catch(() => undefined);
  if (server !== null) {
    // The genuine server asks nobody while this file is young; the gate has asked the log instead.
    fs.closeSync(fs.openSync(join(statDir, `stat.${caller}`), "w", 0o600));
    const command = Buffer.from(["gpg", ...args].join("\0"));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(command.length);
    child.stdin.write(Buffer.concat([length, command], headLength));
  }
  return {
    /** Resolves when there is room for more, or nobody reads it any more. */
    async write(data: Buffer): Promise<void> {
      // One write a frame: the genuine server takes no head in two pieces.
      const bytes = server === null ? data : Buffer.concat([frameHead(0, data.length), data]);
      if (child.stdin.write(bytes) || child.stdin.destroyed) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          child.stdin.off("drain", go).off("close", go);
          resolve();
        };
        child.stdin.on("drain", go).on("close", go);
      });
    },
    /** Ends the input and waits for the end; a gpg that waits for somebody to type is ended after a minute. */
    async finish(): Promise<Ending> {
      // Its pipe stays open: the genuine server takes its end for the client's death.
      if (server !== null) child.stdin.write(frameHead(0, 0));
      else child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), idleMs);
      const [status, stdout, stderr] = await collected.finally(() => clearTimeout(timer));
      return server === null ? { status, stdout, stderr } : unpack(stdout, stderr);
    },
    kill: (): boolean => child.kill("SIGKILL"),
  };
}

/** Reads to the end. What is too long is no signature of ours, and is not kept. */
async function collect(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= longestOutput) kept.push(chunk);
  }
  return length <= longestOutput ? Buffer.concat(kept) : Buffer.alloc(0);
}

/** What the genuine server said, out of its frames; what it complains of itself comes beside them. */
function unpack(bytes: Buffer, complaint: Buffer): Ending {
  const said: [Buffer[], Buffer[]] = [[], []];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const stream = bytes.readInt32LE(at);
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    if (stream < 0) return { status: -stream - 1, stdout: Buffer.concat(said[0]), stderr: Buffer.concat(said[1]) };
    said[stream === 0 ? 0 : 1].push(bytes.subarray(at + 8, end));
    at = end;
  }
  const why = complaint
    .toString("latin1")
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(0, 200);
  throw new Error(`the server behind the gate ended without an exit status: ${why}`);
}

/* ---- The two services ---- */

interface Call {
  readonly argument: string;
  readonly source: string;
  readonly input: Input;
  /** Aborted when the caller has gone. */
  readonly gone: AbortSignal;
  readonly socket: Socket;
}

/** Carries out one request; what it throws is the refusal that the caller reads. */
async function sign(settings: Settings, announcements: Announcements, call: Call): Promise<Ending> {
  const { source, input, gone } = call;
  if (!settings.buildQubes.includes(source)) throw new Error(`${source} is no build qube of these keys`);
  const wish = parseWish(parseHead(await input.exactly(headLength)));
  const deadline = uptime() + settings.waitSeconds;
  /** Waits until so many bytes may be signed: what no announcement covers is not even read. */
  const cover = async (length: number): Promise<void> => {
    if (wish.kind === "public" && length <= longestOutput) return;
    const covered =
      wish.kind !== "public" && announcements.until(() => announcements.allows(source, wish, length), deadline, gone);
    if (!(await covered)) throw new Error(`no announcement that covers ${length} bytes has been acknowledged`);
  };
  await cover(0);
  const run = start(settings, source, wish.args);
  const hash = createHash("sha256");
  let length = 0;
  try {
    // The end of the pipe is no end of the input: a client that stopped half way gets no signature over the half.
    for (let data = await input.frame(); data !== null; data = await input.frame()) {
      length += data.length;
      await cover(length);
      hash.update(data);
      await run.write(data);
    }
    const ending = await run.finish();
    if (wish.kind === "public") return ending;
    if (ending.status !== 0) return { ...ending, stdout: Buffer.alloc(0) };
    const sha256 = hash.digest("hex");
    const what = `${wish.kind} ${wish.key} sha256:${sha256} ${length}`;
    // Spent in the same step that lets the signature out: two that ask at once are not both answered.
    const spent: { name: string | null } = { name: null };
    const spend = (): boolean => {
      spent.name = announcements.spend(source, wish, length, sha256);
      return spent.name !== null;
    };
    if (!(await announcements.until(spend, deadline, gone))) {
      throw new Error(`no announcement of ${what} has been acknowledged`);
    }
    say(`signed for ${source}: ${what} ${spent.name}`);
    return ending;
  } finally {
    run.kill();
  }
}

async function answerGpg(settings: Settings, announcements: Announcements, call: Call): Promise<void> {
  const { status, stdout, stderr } = await sign(settings, announcements, call).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    say(`refused to ${call.source}: ${reason}`);
    return { status: 1, stdout: Buffer.alloc(0), stderr: Buffer.from(`key-gate: ${reason}\n`) };
  });
  call.socket.end(Buffer.concat([...frames(0, stdout), ...frames(1, stderr), frameHead(-(status + 1), 0)]));
}

/** Takes one acknowledgement. Its sender reads no answer, so what is wrong with it is said in the gate's own log. */
async function logReceived(settings: Settings, announcements: Announcements, call: Call): Promise<void> {
  if (call.source !== settings.logsQube) throw new Error(`${call.source} is not the logs qube`);
  if (!settings.buildQubes.includes(call.argument)) throw new Error(`${call.argument} is no build qube of these keys`);
  announcements.acknowledge(call.argument, await call.input.text("end", 65_536));
  call.socket.end();
}

/* ---- Sockets: the agent connects, sends `SERVICE+ARGUMENT SOURCE\0`, then the caller's input ---- */

/** Calls of one service at the same time; a flood of one build qube ends here. */
const mostCalls = 64;

async function take(service: string, socket: Socket, serve: (call: Call) => Promise<void>): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  try {
    const input = new Input(socket);
    const header = /^([^+ ]+)\+([^ ]*) ([^ ]+)$/.exec(await input.text("nul", 1200));
    const [, name, argument, source] = header ?? [];
    if (name !== service || argument === undefined || source === undefined || !qubeName.test(source))
      throw new Error("no qrexec header");
    await serve({ argument, source, input, gone: gone.signal, socket });
  } catch (error) {
    say(`${service}: ${error instanceof Error ? error.message : error}`);
  } finally {
    // Whatever has not been read will not be: the answer, where there is one, has a moment to be read.
    if (!socket.writableEnded) socket.destroy();
    else setTimeout(() => socket.destroy(), 5000).unref();
  }
}

async function listen(file: string, service: string, serve: (call: Call) => Promise<void>): Promise<Server> {
  const probe = connect(file);
  const living = await once(probe, "connect").then(
    () => true,
    () => false,
  );
  probe.destroy();
  if (living) throw new Error(`${file}: another program serves it already`);
  fs.rmSync(file, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy()).on("timeout", () => socket.destroy());
    server.getConnections((_, count) => (count > mostCalls ? socket.destroy() : void take(service, socket, serve)));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(file, resolve));
  fs.chmodSync(file, 0o600);
  return server;
}

/** `release-bot key-gate`: listens until SIGTERM. */
export async function main(argv: readonly string[]): Promise<number> {
  let settings: Settings;
  try {
    settings = parseSettings(argv.filter((word) => word !== "--help"));
  } catch (error) {
    if (!argv.includes("--help")) say(error instanceof Error ? error.message : String(error));
    process.stderr.write(help);
    return argv.includes("--help") ? 0 : 2;
  }
  const announcements = new Announcements(settings);
  const services = { "qubes.Gpg": answerGpg, "qubesbuilder.LogReceived": logReceived };
  for (const [service, serve] of Object.entries(services)) {
    await listen(join(settings.servicesDir, service), service, (call) => serve(settings, announcements, call));
  }
  process.stdout.write("ready\n");
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  for (const service of Object.keys(services)) fs.rmSync(join(settings.servicesDir, service), { force: true });
  process.exit(0);
}
