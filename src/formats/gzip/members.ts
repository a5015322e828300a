/**
 * RFC 1952, 2.2: a gzip file is a series of members, and inflates to the concatenation of what they hold. Ours carry their
 * own length in a header subfield ("extra field", 2.3.1.1), as BGZF does, so that a file can be taken apart into members
 * without inflating it; every reader that does not know the subfield skips it.
 */
import { crc32, deflateRawSync, gunzipSync, inflateRawSync } from "node:zlib";

/** A run of bytes and the gzip member that holds it. */
export interface Chunk {
  readonly open: Buffer;
  readonly packed: Buffer;
}

const magic = [0x1f, 0x8b, 8];
const flagExtra = 4;
const headerLength = 10 + 2 + 4 + 4;
const trailerLength = 8;
/** RFC 1952, 2.3.1.2: 255 is "unknown" operating system. */
const unknownSystem = 255;
/** A member that inflates to more than this is refused: nobody's package list is so long, and memory is not endless. */
const longest = 1 << 29;

/** Bytes that are packed once somebody asks for the member: a file that is only taken apart is never packed whole. */
class UnpackedChunk implements Chunk {
  readonly open: Buffer;
  #packed: Buffer | null = null;

  constructor(open: Buffer) {
    this.open = open;
  }

  get packed(): Buffer {
    this.#packed ??= pack(this.open);
    return this.#packed;
  }
}

/** Bytes as one member. The same bytes always give the same member: no time, no name. */
export function chunkOf(open: Buffer): Chunk {
  return new UnpackedChunk(open);
}

function pack(open: Buffer): Buffer {
  const body = deflateRawSync(open, { level: 6 });
  const packed = Buffer.alloc(headerLength + body.length + trailerLength);
  packed.set([...magic, flagExtra, 0, 0, 0, 0, 0, unknownSystem], 0);
  packed.writeUInt16LE(8, 10);
  packed.write("QB", 12, "latin1");
  packed.writeUInt16LE(4, 14);
  packed.writeUInt32LE(packed.length, 16);
  body.copy(packed, headerLength);
  packed.writeUInt32LE(crc32(open), packed.length - 8);
  packed.writeUInt32LE(open.length, packed.length - 4);
  return packed;
}

/** The member that begins at `offset`, if it is one of ours; null where it is not. */
function memberAt(file: Buffer, offset: number): Buffer | null {
  if (offset + headerLength + trailerLength > file.length) return null;
  const isOurs =
    magic.every((byte, index) => file[offset + index] === byte) &&
    file[offset + 3] === flagExtra &&
    file.readUInt16LE(offset + 10) === 8 &&
    file.toString("latin1", offset + 12, offset + 14) === "QB" &&
    file.readUInt16LE(offset + 14) === 4;
  const length = isOurs ? file.readUInt32LE(offset + 16) : 0;
  if (length < headerLength + trailerLength || offset + length > file.length) return null;
  return file.subarray(offset, offset + length);
}

function openMember(packed: Buffer): Chunk {
  const body = packed.subarray(headerLength, packed.length - trailerLength);
  const open = inflateRawSync(body, { maxOutputLength: longest });
  const sound =
    packed.readUInt32LE(packed.length - 4) === open.length && packed.readUInt32LE(packed.length - 8) === crc32(open);
  if (!sound) throw new RangeError("a gzip member does not hold what its trailer says");
  return { open, packed };
}

/**
 * Takes a gzip file apart into its members. A file that is not of ours throughout comes back as one chunk, repacked.
 * Throws RangeError or zlib's errors where the file is no sound gzip file.
 */
export function readChunks(file: Buffer): Chunk[] {
  const members: Buffer[] = [];
  for (let offset = 0; offset < file.length; ) {
    const member = memberAt(file, offset);
    if (member === null) return [chunkOf(gunzipSync(file, { maxOutputLength: longest }))];
    members.push(member);
    offset += member.length;
  }
  return members.map(openMember);
}

/** What the chunks inflate to, one after the other. */
export function openBytes(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => chunk.open));
}

/** The gzip file that the chunks make. */
export function packedBytes(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => chunk.packed));
}
