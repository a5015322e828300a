/**
 * RFC 1952, 2.2: a gzip file is a series of members, and inflates to the concatenation of what they hold. Ours carry their
 * own length in a header subfield ("extra field", 2.3.1.1), as BGZF does, so that a file can be taken apart into members
 * without inflating it; every reader that does not know the subfield skips it.
 */
import { crc32, deflateRawSync, gunzipSync } from "node:zlib";

/** A run of bytes and the gzip member that holds it. */
export interface Chunk {
  readonly open: Buffer;
  readonly packed: Buffer;
}

/** About how many bytes one member of a list of packages holds: few enough to be packed anew in a few milliseconds. */
export const chunkLength = 1 << 17;
const takesMoreBelow = 1 << 14;

const magic = [0x1f, 0x8b, 8];
const flagExtra = 4;
const headerLength = 10 + 2 + 4 + 4;
const trailerLength = 8;
/** RFC 1952, 2.3.1.2: 255 is "unknown" operating system. */
const unknownSystem = 255;
/** A member that inflates to more than this is refused: nobody's package list is so long, and memory is not endless. */
const longest = 1 << 29;
/** Deflate makes at most 258 bytes of two bits. */
const mostPerByte = 1032;

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

/**
 * Whether what is added goes into the last chunk of a list: a short one takes it in, so that a thousand promotions do not
 * make a thousand members; a long one stays, since all of it would be packed anew.
 */
export function takesMore(last: Chunk | undefined): last is Chunk {
  return last !== undefined && last.open.length < takesMoreBelow;
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

/** What a member says that it inflates to, modulo 2^32. */
function claimedLength(member: Buffer): number {
  return member.readUInt32LE(member.length - 4);
}

/**
 * Inflates a whole file into one buffer: zlib checks each member's length and CRC on the way. What the members claim is
 * only how much room is made; a false claim costs time or address space, and memory is touched as it is filled.
 */
function inflate(file: Buffer, claimed: number): Buffer {
  const most = Math.min(longest, file.length * mostPerByte);
  const room = Math.max(1 << 10, Math.min(claimed + 1, most));
  return gunzipSync(file, { maxOutputLength: longest, chunkSize: room });
}

/**
 * Takes a gzip file apart into its members. A file that is not of ours throughout comes back as one chunk, repacked.
 * Throws RangeError or zlib's errors where the file is no sound gzip file.
 */
export function readChunks(file: Buffer): Chunk[] {
  const members: Buffer[] = [];
  for (let offset = 0; offset < file.length; ) {
    const member = memberAt(file, offset);
    if (member === null) return [chunkOf(inflate(file, file.length < trailerLength ? 0 : claimedLength(file)))];
    members.push(member);
    offset += member.length;
  }
  if (members.length === 0) return [];
  const open = inflate(
    file,
    members.reduce((sum, member) => sum + claimedLength(member), 0),
  );
  let from = 0;
  const chunks = members.map((packed): Chunk => {
    const to = from + claimedLength(packed);
    const chunk = { open: open.subarray(from, to), packed };
    from = to;
    return chunk;
  });
  if (from !== open.length) throw new RangeError("a gzip file does not hold what its members say");
  return chunks;
}

/** What the chunks inflate to, piece by piece: put together it would be megabytes of new memory. */
export function openPieces(chunks: readonly Chunk[]): Buffer[] {
  return chunks.map((chunk) => chunk.open);
}

/** The gzip file that the chunks make, piece by piece. */
export function packedPieces(chunks: readonly Chunk[]): Buffer[] {
  return chunks.map((chunk) => chunk.packed);
}

/** The same in one buffer. */
export function packedBytes(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(packedPieces(chunks));
}
