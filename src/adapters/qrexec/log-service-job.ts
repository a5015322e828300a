import type { JobLog, LogOutcome } from "../../build/ports.ts";
import {
  AdapterError,
  type CommitSha,
  type LogPath,
  parseCommitSha,
  parseSha256,
  type Sha256,
  type TraceId,
} from "../../domain/index.ts";
import {
  type Announcement,
  parseLogPath,
  renderAnnouncement,
  SentLines,
  tracedName,
} from "../../formats/build-log/index.ts";
import type { AnnounceSocket } from "./announce-socket.ts";
import type { QrexecConnection } from "./transport.ts";

/** What the logs qube received, as it answered. */
export interface LogReceipt {
  readonly length: number;
  readonly sha256: Sha256;
  readonly commit: CommitSha;
}

/** Every wait and every size has a limit. */
export interface JobLogLimits {
  readonly closeTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly limitBytes: number;
}

const longestAnswer = 4096;
const tailLines = 30;
const tailCharacters = 3500;

/** One log on its way over one call. Everything goes through one stream of bytes, in the order of the calls. */
export class QrexecJobLog implements JobLog {
  readonly broken: Promise<string>;
  /** Set by who opens the log, before anybody else sees it. */
  socket: AnnounceSocket | null = null;
  receipt: LogReceipt | null = null;
  readonly #connection: QrexecConnection;
  readonly #trace: TraceId | null;
  readonly #limits: JobLogLimits;
  readonly #lines = new SentLines();
  #break: (reason: string) => void = () => undefined;
  #reason: string | null = null;
  #gone = false;
  #closing = false;
  #sent = 0;
  #answer = "";
  #complaint = "";
  #tail: Buffer = Buffer.alloc(0);

  constructor(connection: QrexecConnection, trace: TraceId | null, limits: JobLogLimits) {
    this.#connection = connection;
    this.#trace = trace;
    this.#limits = limits;
    this.broken = new Promise((resolve) => {
      this.#break = (reason) => {
        this.#reason ??= reason;
        resolve(reason);
      };
    });
    const { stdin, stdout, stderr, exit } = connection;
    stdin.on("error", (error: Error) => this.#leave(`the log service takes no more: ${error.message}`));
    // Both are drained whatever happens: a service that writes much must not come to hang on its pipe, nor we on it.
    stdout.on("data", (chunk: Buffer) => {
      if (this.#answer.length < longestAnswer) this.#answer += chunk.toString("latin1");
    });
    stderr.on("data", (chunk: Buffer) => {
      if (this.#complaint.length < longestAnswer) this.#complaint += chunk.toString("latin1");
    });
    for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
    void exit.then((status) => {
      if (this.#closing) return;
      const said = this.#complaint
        .replace(/[^\x20-\x7e]+/g, " ")
        .trim()
        .slice(0, 300);
      this.#leave(`the log service has gone away (call: ${status})${said === "" ? "" : `: ${said}`}`);
    });
  }

  get socketPath(): string {
    return this.socket?.path ?? "";
  }

  note(text: string): void {
    void this.#send(this.#lines.own(text));
  }

  async output(untrustedChunk: Uint8Array): Promise<void> {
    if (this.#sent > this.#limits.limitBytes) return;
    if (this.#sent + untrustedChunk.length > this.#limits.limitBytes) {
      // The build is to be ended by who waits for `broken`; the agent's own lines still go out, and no signature is made.
      this.note(`the log is over its limit of ${this.#limits.limitBytes} bytes: the build is ended`);
      this.#sent = Number.POSITIVE_INFINITY;
      this.#break(`the log is over its limit of ${this.#limits.limitBytes} bytes`);
      return;
    }
    await this.#send(this.#lines.output(untrustedChunk));
  }

  async announce(announcement: Announcement): Promise<void> {
    const { name } = announcement;
    const traced = this.#trace === null ? name : tracedName(this.#trace, name);
    const line = renderAnnouncement({ ...announcement, name: traced }).slice("> ".length);
    if (this.#reason === null && !this.#closing) await this.#send(this.#lines.own(line));
    if (this.#reason !== null) throw new AdapterError("UNREACHABLE", `nothing can be announced: ${this.#reason}`);
    if (this.#closing) throw new AdapterError("UNREACHABLE", "nothing can be announced: the log is closed");
  }

  tail(): string {
    const lines = this.#tail.toString("utf8").split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines.slice(-tailLines).join("\n").slice(-tailCharacters);
  }

  async close(outcome: LogOutcome): Promise<LogPath | null> {
    if (!this.#closing) this.note(outcome);
    this.#closing = true;
    this.socket?.close();
    this.#connection.stdin.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), this.#limits.closeTimeoutMs);
    });
    const status = await Promise.race([this.#connection.exit, late]);
    clearTimeout(timer);
    if (status !== 0) {
      this.#leave(status === null ? "the log service did not answer in time" : `the log service failed (${status})`);
      return null;
    }
    const [path, receipt] = this.#answer.split("\n");
    this.receipt = parseReceipt(receipt ?? "");
    return this.#answer.includes("\n") ? parseLogPath(path ?? "") : null;
  }

  #leave(reason: string): void {
    this.#gone = true;
    this.#break(reason);
    this.#connection.kill();
  }

  /** Resolves when the bytes are on their way, or never will be. */
  async #send(bytes: Buffer): Promise<void> {
    this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-16_384);
    const { stdin } = this.#connection;
    if (this.#gone || stdin.writableEnded || stdin.destroyed) return;
    this.#sent += bytes.length;
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#leave(`the log service took no line for ${this.#limits.stallTimeoutMs / 1000} s`);
        resolve();
      }, this.#limits.stallTimeoutMs);
      timer.unref();
    });
    const written = new Promise<void>((resolve) => stdin.write(bytes, () => resolve()));
    await Promise.race([written, stalled]);
    clearTimeout(timer);
  }
}

/** `{"length": N, "sha256": HEX, "commit": SHA}`; null for anything else. */
function parseReceipt(untrusted: string): LogReceipt | null {
  const parts = /^\{"length":([0-9]{1,15}),"sha256":"([0-9a-f]{64})","commit":"([0-9a-f]{40})"\}$/.exec(untrusted);
  const sha256 = parseSha256(parts?.[2] ?? "");
  const commit = parseCommitSha(parts?.[3] ?? "");
  return sha256 === null || commit === null ? null : { length: Number(parts?.[1]), sha256, commit };
}
