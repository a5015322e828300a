/** Says that the bytes are not what they should be; caught where the reading began, never beyond. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Reads big-endian numbers and slices in order, and never past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** What is still to be read, without reading it. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** A copy: what was checked stays as it was checked. */
  take(length: number): Uint8Array {
    if (length > this.left) throw new Malformed("it ends too early");
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** An unsigned number of 1 to 4 bytes. */
  number(length: 1 | 2 | 4): number {
    let value = 0;
    for (const byte of this.take(length)) value = value * 256 + byte;
    return value;
  }
}

/** `length` bytes, big-endian. */
export function bigEndian(value: number, length: 1 | 2 | 4): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = Math.floor(value / 256 ** (length - 1 - index)) % 256;
  return bytes;
}
