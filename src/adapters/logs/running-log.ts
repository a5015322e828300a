import { createHash, type Hash } from "node:crypto";
import { closeSync, existsSync, fdatasync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LogPath, QubeName, TraceId } from "../../domain/index.ts";
import {
  type Announcement,
  announcementsAtOnce,
  formatLogTime,
  LineStamper,
  logPath,
  parseAnnouncement,
  parseTraceLine,
} from "../../formats/build-log/index.ts";

/** The prefix of a log, and what that part of it announces which no earlier checkpoint had. */
export interface Snapshot {
  readonly length: number;
  readonly sha256: string;
  readonly announcements: readonly Announcement[];
}

/** How much of one log is kept. */
export interface LogLimits {
  readonly limitBytes: number;
  /** For the agent's own lines, beyond the limit. */
  readonly reserveBytes: number;
}

/** Where and of whom a log is. */
export interface LogIdentity {
  /** The directory under which logs lie by their paths. */
  readonly directory: string;
  readonly caller: QubeName;
  /** Microseconds since 1970. */
  readonly now: () => number;
  readonly limits: LogLimits;
}

/** What was received is on the disk this much later at most, and often sooner; a second is what is promised. */
const syncAfterMs = 200;
/** More would only be an attack on memory. */
const mostTraces = 100;
/** One for all logs: stamping is done in one step, and nothing stays in it. */
const ownMark = 0x3e;
const buffer = Buffer.allocUnsafe(262_144);

/** Which names are free. */
export interface LogNames {
  /** Whether the repository has a log of that name already. */
  readonly taken: (path: LogPath) => Promise<boolean>;
  /** Takes the name, durably; false where another log of the same second has it. */
  readonly mark: (path: LogPath) => boolean;
  readonly unmark: (path: LogPath) => void;
}

/** A log that is being received: a file under its final name from the first line on. */
export class RunningLog {
  readonly path: LogPath;
  readonly file: string;
  readonly identity: LogIdentity;
  readonly #descriptor: number;
  readonly #hash: Hash;
  readonly #stamper: LineStamper;
  #length: number;
  #frozen: Snapshot[] = [];
  #announced: Announcement[] = [];
  /** Null before the first byte. */
  #speaksForItself: boolean | null = null;
  #lastWord: string | null = null;
  readonly #traces = new Set<TraceId>();
  #wantsReceipt = false;
  #wantsCheckpoint = false;
  #syncing: Promise<void> | null = null;
  #syncTimer: NodeJS.Timeout | null = null;
  #fault: Error | null = null;
  #durable = 0;

  private constructor(identity: LogIdentity, path: LogPath, descriptor: number, hash: Hash, length: number) {
    this.identity = identity;
    this.path = path;
    this.file = join(identity.directory, path);
    this.#descriptor = descriptor;
    this.#hash = hash;
    this.#length = length;
    const { limitBytes, reserveBytes } = identity.limits;
    const limits = { output: limitBytes - length, own: limitBytes + reserveBytes - length };
    this.#stamper = new LineStamper(identity.caller, this.#sink(), limits, buffer);
  }

  /** Makes the file of a new log. */
  static async create(identity: LogIdentity, label: string, names: LogNames): Promise<RunningLog> {
    const startMs = Math.floor(identity.now() / 1000);
    for (let attempt = 0; ; attempt++) {
      const path = logPath(identity.caller, label, startMs, attempt);
      const file = join(identity.directory, path);
      // Marked before the file is made: a start after a crash finds every file that there is. And before the repository is
      // asked: fifty logs of one second ask it fifty times, and not each for each name.
      if (existsSync(file) || existsSync(`${file}.xz`) || !names.mark(path)) continue;
      try {
        if (!(await names.taken(path))) {
          mkdirSync(dirname(file), { recursive: true });
          const descriptor = openSync(file, "wx+", 0o644);
          syncDirectories(identity.directory, dirname(file));
          return new RunningLog(identity, path, descriptor, createHash("sha256"), 0);
        }
      } catch (error) {
        names.unmark(path);
        throw error;
      }
      names.unmark(path);
    }
  }

  /** Takes up a log that a dead receiver left; what the file holds is read to its end. */
  static reopen(identity: LogIdentity, path: LogPath): RunningLog {
    const descriptor = openSync(join(identity.directory, path), "a+");
    const hash = createHash("sha256");
    const piece = Buffer.allocUnsafe(1024 * 1024);
    let length = 0;
    let last = 0x0a;
    for (let count = readSync(descriptor, piece, 0, piece.length, 0); count > 0; ) {
      hash.update(piece.subarray(0, count));
      length += count;
      last = piece[count - 1] ?? last;
      count = readSync(descriptor, piece, 0, piece.length, length);
    }
    const log = new RunningLog(identity, path, descriptor, hash, length);
    if (last !== 0x0a) log.#keep(Buffer.from("\n"));
    return log;
  }

  /** Takes the next bytes as they come from the caller. Throws where the disk does not take them. */
  take(untrustedChunk: Uint8Array): void {
    this.#speaksForItself ??= untrustedChunk.length > 0 ? untrustedChunk[0] === ownMark : null;
    this.#stamper.push(untrustedChunk, formatLogTime(this.identity.now()));
    if (this.#fault !== null) throw this.#fault;
  }

  /** Adds a line of the receiver's own. */
  say(text: string): void {
    this.#stamper.add(text, formatLogTime(this.identity.now()));
  }

  /** The commands that the caller says the log to be for: a job's one, or those of several statements. */
  get traces(): readonly TraceId[] {
    return [...this.#traces];
  }

  /** How many bytes of the caller's were not kept, being over the limit. */
  get dropped(): number {
    return this.#stamper.dropped;
  }

  /** The agent's own lines have used up even what was kept for them beyond the limit. */
  get exhausted(): boolean {
    const { limitBytes, reserveBytes } = this.identity.limits;
    return this.#length >= limitBytes + reserveBytes;
  }

  /**
   * How the caller ended. A sender whose first line is its own (`> …`) says at the end whether it is `> done` or
   * `> failed`; without that it has died. Of another sender nothing is known but whether its last line was whole.
   */
  get ending(): "closed" | "cut off" {
    if (this.#stamper.insideLine) return "cut off";
    if (this.#speaksForItself !== true) return "closed";
    return this.#lastWord === "> done" || this.#lastWord === "> failed" ? "closed" : "cut off";
  }

  /** The caller asks to be told length, digest and commit beside the path. */
  get wantsReceipt(): boolean {
    return this.#wantsReceipt;
  }

  /** Whether there is something that calls for a checkpoint at once; asking resets it. */
  takeUrgency(): boolean {
    const urgent = this.#wantsCheckpoint || this.#announced.length > 0 || this.#frozen.length > 0;
    this.#wantsCheckpoint = false;
    return urgent;
  }

  /** The prefix so far, as one checkpoint or (where much was announced) several. */
  snapshots(): Snapshot[] {
    const snapshots = [...this.#frozen, this.#snapshot()];
    this.#frozen = [];
    return snapshots;
  }

  /** How many bytes are known to be on the disk. */
  get durable(): number {
    return this.#durable;
  }

  /** Resolves when everything that was taken is on the disk. */
  async sync(): Promise<void> {
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#syncTimer = null;
    // One that is under way may have begun before the last bytes came.
    await this.#syncing;
    const length = this.#length;
    this.#syncing = new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
    await this.#syncing;
    this.#durable = length;
  }

  /** Lets go of the file. */
  release(): void {
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    closeSync(this.#descriptor);
  }

  #sink(): { keep(bytes: Uint8Array): void; ownLine(line: string | null): void } {
    return { keep: (bytes) => this.#keep(bytes), ownLine: (line) => this.#ownLine(line) };
  }

  #keep(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written, null);
    }
    this.#hash.update(bytes);
    this.#length += bytes.length;
    this.#syncTimer ??= setTimeout(() => {
      this.sync().catch((error: unknown) => {
        this.#fault = error instanceof Error ? error : new Error(String(error));
      });
    }, syncAfterMs);
  }

  #ownLine(line: string | null): void {
    this.#lastWord = line;
    if (line === "> with receipt") this.#wantsReceipt = true;
    if (line === "> checkpoint") this.#wantsCheckpoint = true;
    const trace = line === null ? null : parseTraceLine(line);
    if (trace !== null && this.#traces.size < mostTraces) this.#traces.add(trace);
    const announcement = line === null ? null : parseAnnouncement(line);
    // Over the limit nothing more is unlocked: the build is to end, unsigned.
    if (announcement === null || this.dropped > 0) return;
    this.#announced.push(announcement);
    if (this.#announced.length === announcementsAtOnce) this.#frozen.push(this.#snapshot());
  }

  #snapshot(): Snapshot {
    const announcements = this.#announced;
    this.#announced = [];
    return { length: this.#length, sha256: this.#hash.copy().digest("hex"), announcements };
  }
}

function syncDirectories(top: string, bottom: string): void {
  for (let directory = bottom; directory.length >= top.length; directory = dirname(directory)) {
    const descriptor = openSync(directory, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
