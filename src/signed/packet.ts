import { type ByteReader, Malformed } from "./byte-reader.ts";

/** An OpenPGP packet (RFC 4880 section 4.2), header and body apart. */
export interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
  /** Header and body as they came. */
  readonly whole: Uint8Array;
}

/** Reads the next packet: both header formats, every definite length. Throws {@link Malformed}. */
export function readAnyPacket(reader: ByteReader): Packet {
  const before = reader.rest();
  const header = reader.number(1);
  if ((header & 0x80) === 0) throw new Malformed("it holds no OpenPGP packet");
  const isNew = (header & 0x40) !== 0;
  const tag = isNew ? header & 0x3f : (header & 0x3c) >> 2;
  const length = isNew ? newLength(reader) : oldLength(reader, header & 0x03);
  const body = reader.take(length);
  return { tag, body, whole: before.slice(0, before.length - reader.left) };
}

function newLength(reader: ByteReader): number {
  const first = reader.number(1);
  if (first < 192) return first;
  if (first < 224) return (first - 192) * 256 + reader.number(1) + 192;
  if (first < 255) throw new Malformed("its packet has a partial length");
  return reader.number(4);
}

function oldLength(reader: ByteReader, kind: number): number {
  if (kind === 3) throw new Malformed("its packet has no definite length");
  return reader.number(kind === 0 ? 1 : kind === 1 ? 2 : 4);
}
