/**
 * Between a qube of the lab and its broker, on one unix socket a qube. The caller sends `TARGET SERVICE+ARGUMENT\0`, then
 * its standard input, and closes its half. Back come frames: one byte for the stream, four for the length (big-endian), the
 * bytes. The exit status is the last frame.
 */

/** What a frame carries. */
export const frameStream = { stdout: 1, stderr: 2, exit: 3 } as const;

/** The longest content of a frame; a longer chunk goes out as several. */
const longestFrame = 65_536;
const headLength = 5;

/** One frame read back. */
export interface LocalFrame {
  readonly stream: number;
  readonly content: Buffer;
}

/** Writes a chunk as one or more frames. */
export function formatFrames(stream: number, content: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += longestFrame) {
    const part = content.subarray(at, at + longestFrame);
    const head = Buffer.alloc(headLength);
    head.writeUInt8(stream);
    head.writeUInt32BE(part.length, 1);
    parts.push(head, part);
  }
  return Buffer.concat(parts);
}

/** The last frame of a call. */
export function formatExit(status: number): Buffer {
  return formatFrames(frameStream.exit, Uint8Array.of(status & 0xff));
}

/** Cuts a stream of bytes into frames; keeps what is not whole yet. Throws on what no broker sends. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The frames that are whole with this chunk. */
  push(chunk: Buffer): LocalFrame[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const frames: LocalFrame[] = [];
    while (this.#held.length >= headLength) {
      const length = this.#held.readUInt32BE(1);
      if (length > longestFrame) throw new Error("not a broker's answer");
      if (this.#held.length < headLength + length) break;
      frames.push({
        stream: this.#held.readUInt8(),
        content: this.#held.subarray(headLength, headLength + length),
      });
      this.#held = this.#held.subarray(headLength + length);
    }
    return frames;
  }
}
