/** Build qubes, a logs qube and a keys qube as real processes behind the lab's broker, with real gpg and git. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { localTransport } from "../../src/adapters/qrexec/local-transport.ts";
import { openLogService, type ReceiptedLog } from "../../src/adapters/qrexec/log-service.ts";
import { writeGpgClientProgram } from "../../src/adapters/qrexec/split-gpg-program.ts";
import type { QrexecTransport } from "../../src/adapters/qrexec/transport.ts";
import { GpgHome } from "./gpg-home.ts";
import { runTool, tryTool } from "./tool.ts";
import { until } from "./until.ts";

const source = join(import.meta.dirname, "../../src");
const entry = join(source, "programs/release-bot.ts");

/** What differs from test to test. */
export interface ChainWish {
  readonly gate?: Readonly<Record<string, string>>;
  /** Keys of the section `log-receiver:`; told where the bare repository is. */
  readonly receiver?: (remote: string) => Readonly<Record<string, unknown>>;
  /** The program that the receiver is, with Node's options before it; this checkout's unless a test has another. */
  readonly receiverProgram?: readonly string[];
  /** The same for the gate: a program that is nothing else. */
  readonly gateProgram?: string;
}

const policy = `
qubesbuilder.BuildLog     *             build-fedora  dom0         allow target=logs
qubesbuilder.BuildLog     *             build-debian  dom0         allow target=logs
qubesbuilder.LogReceived  +build-fedora logs          dom0         allow target=keys-fedora
qubes.Gpg                 *             build-fedora  keys-fedora  allow
qubes.Gpg                 *             build-fedora  @default     allow target=keys-fedora
`;

/** A program of the chain that runs. */
class Program {
  readonly child: ChildProcess;
  said = "";
  readonly #ended: Promise<void>;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.said += chunk.toString("utf8");
      });
    }
    this.#ended = new Promise((resolve) => this.child.once("exit", () => resolve()));
  }

  async ready(): Promise<void> {
    const isReady = (): boolean => /\bready\b/.test(this.said);
    await Promise.race([until(() => isReady() || null), this.#ended]);
    if (!isReady()) throw new Error(`did not start: ${this.said}`);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.#ended;
  }
}

/** What the receiver tells of its pushes in `status.json`. */
export interface PushStatus {
  readonly waiting: number;
  readonly since: number | null;
  readonly reason: string | null;
  readonly head: string;
  readonly pushed: string | null;
}

/** The chain. Make it with {@link LogChain.start}, end it with {@link LogChain.stop}. */
export class LogChain {
  readonly directory = mkdtempSync(join(tmpdir(), "lc-"));
  readonly logsHome = new GpgHome();
  readonly keysHome = new GpgHome();
  readonly logsKey: string;
  readonly key: string;
  readonly otherKey: string;
  readonly remote = join(this.directory, "remote.git");
  readonly #wish: ChainWish;
  #programs: Readonly<Record<string, Program>> = {};

  private constructor(wish: ChainWish) {
    this.#wish = wish;
    this.logsKey = this.logsHome.makeKey({ userId: "Logs" });
    this.key = this.keysHome.makeKey({ userId: "Fedora packages", created: new Date(Date.now() - 30 * 86_400_000) });
    this.otherKey = this.keysHome.makeKey({ userId: "Debian packages" });
  }

  static async start(wish: ChainWish = {}): Promise<LogChain> {
    const chain = new LogChain(wish);
    for (const qube of ["logs", "keys-fedora", "build-fedora", "build-debian"]) {
      mkdirSync(join(chain.directory, qube, "rpc"), { recursive: true });
    }
    mkdirSync(join(chain.directory, "policy.d"));
    writeFileSync(join(chain.directory, "policy.d/20-test.policy"), policy);
    const qubes = Object.fromEntries(
      ["logs", "keys-fedora", "build-fedora", "build-debian"].map((name) => {
        const home = join(chain.directory, name);
        return [name, { home, servicesDirs: [join(home, "rpc")], socket: chain.socket(name) }];
      }),
    );
    const lab = join(chain.directory, "lab.json");
    writeFileSync(lab, JSON.stringify({ policyDir: join(chain.directory, "policy.d"), qubes }));
    runTool("git", ["init", "--quiet", "--bare", "--initial-branch", "master", chain.remote]);
    chain.#programs = { broker: new Program([join(source, "lab/broker.ts"), lab]) };
    await chain.#programs["broker"]?.ready();
    await Promise.all([chain.startReceiver(), chain.startGate()]);
    return chain;
  }

  /** What a qube's programs call the broker by. */
  socket(qube: string): string {
    return join(this.directory, `${qube}.sock`);
  }

  transport(qube: string): QrexecTransport {
    return localTransport(this.socket(qube));
  }

  get state(): string {
    return join(this.directory, "logs/state");
  }

  get config(): string {
    return join(this.directory, "logs/config.yml");
  }

  async startReceiver(more: readonly string[] = []): Promise<void> {
    const settings = {
      qrexec: { transport: "local", socket: this.socket("logs"), "services-dir": join(this.directory, "logs/rpc") },
      "log-receiver": {
        "state-dir": this.state,
        remote: this.remote,
        "signing-key": this.logsKey,
        gnupghome: this.logsHome.directory,
        acknowledge: ["build-fedora"],
        ...this.#wish.receiver?.(this.remote),
      },
    };
    writeFileSync(this.config, stringify(settings));
    await this.#start("receiver", ["log-receiver", "--config", this.config, ...more]);
  }

  /** With options for this start only, which go before those of the chain. */
  async startGate(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const options = {
      "services-dir": join(this.directory, "keys-fedora/rpc"),
      "state-dir": join(this.directory, "keys-fedora/state"),
      mode: "announce",
      window: "900",
      wait: "120",
      "build-qube": "build-fedora",
      "logs-qube": "logs",
      gpg: "gpg",
      homedir: this.keysHome.directory,
      ...this.#wish.gate,
      ...more,
    };
    const words = Object.entries(options).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
    await this.#start("gate", ["key-gate", ...words]);
  }

  /** What a program has said so far. */
  said(name: "receiver" | "gate"): string {
    return this.#programs[name]?.said ?? "";
  }

  pid(name: "receiver" | "gate"): number {
    return this.#programs[name]?.child.pid ?? 0;
  }

  async end(name: "receiver" | "gate", signal: NodeJS.Signals): Promise<void> {
    await this.#programs[name]?.end(signal);
  }

  /** A log of a build qube, as the agent opens one. */
  openLog(label: string, qube = "build-fedora", stallTimeoutMs = 120_000): Promise<ReceiptedLog> {
    return openLogService({
      transport: this.transport(qube),
      socketDirectory: join(this.directory, qube),
      closeTimeoutMs: 120_000,
      stallTimeoutMs,
    }).open(label, null);
  }

  /** Runs `release-bot gpg-client` in the build qube. */
  clientEnvironment(logSocket: string, qube = "build-fedora"): Record<string, string> {
    return {
      RELEASE_BOT_QREXEC: `local:${this.socket(qube)}`,
      RELEASE_BOT_KEYS_QUBE: "keys-fedora",
      RELEASE_BOT_LOG_SOCKET: logSocket,
    };
  }

  /** A program that can be named wherever `gpg` is expected, with its environment set. */
  gpgProgram(logSocket: string, qube = "build-fedora"): string {
    const directory = mkdtempSync(join(this.directory, "gpg-"));
    const client = writeGpgClientProgram(directory, { node: process.execPath, entry });
    const environment = Object.entries(this.clientEnvironment(logSocket, qube)).map(
      ([name, value]) => `${name}='${value}'`,
    );
    const file = join(directory, "gpg");
    writeFileSync(file, `#!/bin/sh\n${environment.join(" ")} exec '${client}' "$@"\n`, { mode: 0o755 });
    return file;
  }

  /** What stands in the public repository under a path. */
  published(path: string): string {
    return runTool("git", ["--git-dir", this.remote, "show", `master:${path}`]).toString("utf8");
  }

  /** The same, or null where it is not there (yet). */
  tryPublished(path: string): string | null {
    const run = tryTool("git", ["--git-dir", this.remote, "show", `master:${path}`]);
    return run.status === 0 ? run.stdout.toString("utf8") : null;
  }

  /** The files of the logs that the logs qube keeps under a folder, compressed ones too. */
  keptFiles(folder: string): string[] {
    const directory = join(this.state, "logs", folder);
    return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  }

  /** The words that run a subcommand with this Node. */
  command(...words: readonly string[]): string[] {
    return [entry, ...words];
  }

  /** git in the public repository. */
  git(...args: string[]): string {
    return runTool("git", ["--git-dir", this.remote, ...args]).toString("utf8");
  }

  /** How the receiver's pushes stand. */
  status(): PushStatus {
    return JSON.parse(readFileSync(join(this.state, "status.json"), "utf8"));
  }

  /** The log's announcements that the keys qube has been told of so far. */
  acknowledged(): string {
    try {
      return readFileSync(join(this.directory, "keys-fedora/state/acknowledged"), "utf8");
    } catch {
      return "";
    }
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#programs).map((program) => program.end("SIGTERM")));
    this.logsHome.remove();
    this.keysHome.remove();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(name: string, words: readonly string[]): Promise<void> {
    const { receiverProgram = [entry], gateProgram } = this.#wish;
    const gate = gateProgram === undefined ? [entry, ...words] : [gateProgram, ...words.slice(1)];
    const program = new Program(name === "receiver" ? [...receiverProgram, ...words] : gate, { HOME: this.directory });
    this.#programs = { ...this.#programs, [name]: program };
    await program.ready();
  }
}
