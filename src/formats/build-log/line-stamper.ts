/**
 * The log as it is kept: each line with the time at which it came and with who sent it. The bytes are an attacker's: they
 * can hold no line feed, a hundred million of them, or anything outside ASCII; memory stays bounded whatever comes.
 */
import { longestAnnouncement } from "./announcement.ts";

/** A line longer than this is kept in fragments, each but the first marked `+ `. */
const longestLine = 65_536;
const lineFeed = 0x0a;
const ownLine = 0x3e;
/** Printable ASCII as it is, everything else a dot. */
const printable = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte <= 0x7e ? byte : 0x2e));
const unclean = /[^\x20-\x7e\n]/;
const fragmentMark = Buffer.from("+ ");

/** What is told of a stream while it is stamped. */
export interface StamperSink {
  /** Bytes to keep; the buffer is used again afterwards. */
  keep(bytes: Uint8Array): void;
  /** A whole line that begins with `>`, without its line feed, has been kept; null for one over 1,024 bytes. */
  ownLine(line: string | null): void;
}

/** How much may be kept. */
export interface StamperLimits {
  /** Bytes; lines of output that would start beyond are counted in {@link LineStamper.dropped} and not kept. */
  readonly output: number;
  /** The same for the agent's own lines. */
  readonly own: number;
}

/** Turns one caller's stream into stamped lines. One instance a log. */
export class LineStamper {
  readonly #caller: string;
  readonly #sink: StamperSink;
  readonly #limits: StamperLimits;
  readonly #buffer: Uint8Array;
  #used = 0;
  #kept = 0;
  #dropped = 0;
  /** Bytes of the current line, or fragment, so far; -1 at the start of a line. */
  #lineLength = -1;
  #fragment = false;
  #dropping = false;
  #clean = false;
  #own: number[] | null = null;
  #ownTooLong = false;

  /** `buffer` may be shared by all stampers of a program: it holds nothing between calls. At least 1 KiB. */
  constructor(caller: string, sink: StamperSink, limits: StamperLimits, buffer: Uint8Array) {
    this.#caller = caller;
    this.#sink = sink;
    this.#limits = limits;
    this.#buffer = buffer;
  }

  /** How many bytes have been kept. */
  get kept(): number {
    return this.#kept;
  }

  /** How many bytes came and were not kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True between a line's first byte and its line feed. */
  get insideLine(): boolean {
    return this.#lineLength !== -1;
  }

  /** Takes the next bytes of the stream, which came at `time` (as `formatLogTime` writes it). */
  push(untrustedChunk: Uint8Array, time: string): void {
    const stamp = Buffer.from(`${time} ${this.#caller}: `, "latin1");
    const length = untrustedChunk.length;
    // Most output is clean; finding that out for a whole chunk costs less than to look at each byte on its way.
    this.#clean = !unclean.test(
      Buffer.from(untrustedChunk.buffer, untrustedChunk.byteOffset, length).toString("latin1"),
    );
    let at = 0;
    while (at < length) {
      if (this.#lineLength === -1) this.#startLine(untrustedChunk[at] ?? 0, stamp, false);
      else if (this.#lineLength >= longestLine && untrustedChunk[at] !== lineFeed) this.#startFragment(stamp);
      const end = untrustedChunk.indexOf(lineFeed, at);
      const stop = Math.min(end === -1 ? length : end, at + longestLine - this.#lineLength);
      this.#text(untrustedChunk, at, stop);
      at = stop;
      if (end === stop) {
        this.#endLine();
        at += 1;
      }
    }
    this.#flush();
  }

  /** Ends a line that the stream left open, as it ends. */
  finish(): void {
    if (this.#lineLength === -1) return;
    // Cut off by the stream's end: whatever it says, it is not a whole line.
    this.#own = null;
    this.#endLine();
    this.#flush();
  }

  /** Adds a line of the receiver's own, whatever the limits. */
  add(text: string, time: string): void {
    this.finish();
    this.#put(Buffer.from(`${time} ${this.#caller}: > ${text}\n`, "latin1"));
    this.#flush();
  }

  #startLine(first: number, stamp: Uint8Array, fragment: boolean): void {
    const isOwn = first === ownLine && !fragment;
    const limit = isOwn ? this.#limits.own : this.#limits.output;
    this.#dropping = this.#kept + this.#used >= limit;
    this.#lineLength = 0;
    this.#fragment = fragment;
    this.#own = isOwn && !this.#dropping ? [] : null;
    this.#ownTooLong = false;
    if (this.#dropping) return;
    this.#put(stamp);
    if (fragment) this.#put(fragmentMark);
  }

  #startFragment(stamp: Uint8Array): void {
    if (!this.#dropping) this.#putByte(lineFeed);
    this.#startLine(0, stamp, true);
  }

  #text(chunk: Uint8Array, from: number, to: number): void {
    this.#lineLength += to - from;
    if (this.#dropping) {
      this.#dropped += to - from;
      return;
    }
    const own = this.#own;
    if (own !== null) {
      if (own.length + to - from > longestAnnouncement) this.#ownTooLong = true;
      else for (let at = from; at < to; at++) own.push(printable[chunk[at] ?? 0] ?? 0);
    }
    const buffer = this.#buffer;
    for (let at = from; at < to; ) {
      if (this.#used === buffer.length) this.#flush();
      const stop = Math.min(to, at + buffer.length - this.#used);
      let used = this.#used;
      if (this.#clean) {
        buffer.set(chunk.subarray(at, stop), used);
        used += stop - at;
        at = stop;
      } else while (at < stop) buffer[used++] = printable[chunk[at++] as number] as number;
      this.#used = used;
    }
  }

  #endLine(): void {
    if (this.#dropping) this.#dropped += 1;
    else this.#putByte(lineFeed);
    const own = this.#own;
    this.#lineLength = -1;
    this.#own = null;
    // A line that was cut into fragments is not whole, and announces nothing.
    if (own === null || this.#fragment) return;
    this.#flush();
    this.#sink.ownLine(this.#ownTooLong ? null : Buffer.from(own).toString("latin1"));
  }

  /** A stamp or a mark: shorter than the buffer. */
  #put(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#buffer.length) this.#flush();
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #putByte(byte: number): void {
    if (this.#used === this.#buffer.length) this.#flush();
    this.#buffer[this.#used++] = byte;
  }

  #flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#kept += this.#used;
    this.#used = 0;
    this.#sink.keep(bytes);
  }
}
