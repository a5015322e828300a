/**
 * split-gpg's frames: `i32` stream, `u32` length of at most 4,096, data, both little-endian. Length 0 ends a stream; a
 * negative stream `s` is the exit status `-(s+1)`.
 */
const longestFrame = 4096;
const headerLength = 8;

/** A frame as it was read. */
export type Frame =
  | { readonly kind: "data"; readonly stream: number; readonly data: Buffer }
  | { readonly kind: "end"; readonly stream: number }
  | { readonly kind: "exit"; readonly status: number };

/** The frames that carry these bytes on a stream. */
export function renderData(stream: number, data: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < data.length; from += longestFrame) {
    const piece = data.subarray(from, from + longestFrame);
    parts.push(header(stream, piece.length), piece);
  }
  return Buffer.concat(parts);
}

/** The frame that ends a stream. */
export function renderEnd(stream: number): Buffer {
  return header(stream, 0);
}

function header(stream: number, length: number): Buffer {
  const bytes = Buffer.alloc(headerLength);
  bytes.writeInt32LE(stream, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

/** Cuts a byte stream into frames; what is not of this form throws RangeError. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; answers the frames that they complete. */
  push(untrustedBytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let bytes = this.#rest.length === 0 ? Buffer.from(untrustedBytes) : Buffer.concat([this.#rest, untrustedBytes]);
    while (bytes.length >= headerLength) {
      const stream = bytes.readInt32LE(0);
      const length = bytes.readUInt32LE(4);
      if (length > longestFrame) throw new RangeError(`a split-gpg frame of ${length} bytes`);
      if (bytes.length < headerLength + length) break;
      if (stream < 0) frames.push({ kind: "exit", status: -stream - 1 });
      else if (length === 0) frames.push({ kind: "end", stream });
      else frames.push({ kind: "data", stream, data: bytes.subarray(headerLength, headerLength + length) });
      bytes = bytes.subarray(headerLength + length);
    }
    this.#rest = bytes;
    return frames;
  }
}
