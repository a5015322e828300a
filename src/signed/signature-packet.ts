import { no, ok, type Result } from "../domain/index.ts";
import { ByteReader, bigEndian, Malformed } from "./byte-reader.ts";
import { readAnyPacket } from "./packet.ts";
import { readSubpackets, type SubpacketFacts } from "./subpackets.ts";

/** The digests that a message may be signed with, as the `Hash:` header spells them, and their numbers (RFC 4880 9.4). */
export const messageHashes = { SHA256: 8, SHA384: 9, SHA512: 10 } as const;
/** One of {@link messageHashes}. */
export type MessageHash = keyof typeof messageHashes;

/** A version 4 signature of type 0x01 (canonical text), taken apart. */
export interface TextSignature extends SubpacketFacts {
  /** From version to the end of the hashed subpackets: what the signature covers besides the text. */
  readonly hashedPart: Uint8Array;
  /**
   * The packet written anew from its parsed parts: shortest header, one issuer as its only unhashed subpacket. This, never
   * what came, is what the verifiers see.
   */
  readonly rebuilt: Uint8Array;
}

/** How many numbers a signature has, by public-key algorithm (RFC 4880 9.1; 22 is EdDSA): RSA, RSA sign-only, DSA, ECDSA, EdDSA. */
const numbersOf: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [3, 1],
  [17, 2],
  [19, 2],
  [22, 2],
]);

/** Parses exactly one signature packet and nothing after it. The error is a sentence for the author. */
export function parseTextSignature(untrusted: Uint8Array, hash: MessageHash): Result<TextSignature, string> {
  try {
    return ok(readBody(readPacket(untrusted), hash));
  } catch (error) {
    if (error instanceof Malformed) return no(error.message);
    throw error;
  }
}

function readPacket(untrusted: Uint8Array): ByteReader {
  const reader = new ByteReader(untrusted);
  const packet = readAnyPacket(reader);
  if (packet.tag !== 2) throw new Malformed("what its armor holds is not a signature");
  if (reader.left > 0) throw new Malformed("its armor holds more than one signature");
  return new ByteReader(packet.body);
}

function readBody(reader: ByteReader, hash: MessageHash): TextSignature {
  const fixed = reader.take(4);
  const [version, type, algorithm, digest] = fixed;
  if (version !== 4) throw new Malformed("it is not a version 4 signature");
  if (type !== 0x01) throw new Malformed("it is not a signature over text");
  if (digest !== messageHashes[hash]) throw new Malformed("its digest is not the one that its Hash header names");
  const numbers = numbersOf.get(algorithm ?? 0);
  if (numbers === undefined) throw new Malformed("its algorithm is none that is accepted here");
  const hashedLength = reader.number(2);
  const hashed = reader.take(hashedLength);
  const unhashed = reader.take(reader.number(2));
  const digestStart = reader.take(2);
  const values: Uint8Array[] = [];
  for (let index = 0; index < numbers; index++) values.push(readNumber(reader));
  if (reader.left > 0) throw new Malformed("bytes follow the end of its signature");

  const facts = readSubpackets(hashed, unhashed);
  const hashedPart = join(fixed, bigEndian(hashedLength, 2), hashed);
  const issuer = join(Uint8Array.of(9, 16), facts.issuerKeyId);
  const body = join(hashedPart, bigEndian(issuer.length, 2), issuer, digestStart, ...values);
  return { ...facts, hashedPart, rebuilt: join(Uint8Array.of(0xc2), packetLength(body.length), body) };
}

/** A multiprecision integer (RFC 4880 section 3.2), which has to be written in the one right way, as gpg and sq do. */
function readNumber(reader: ByteReader): Uint8Array {
  const bits = reader.number(2);
  const bytes = reader.take(Math.ceil(bits / 8));
  const significant = bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  if (bits === 0 || significant !== bits) throw new Malformed("one of its numbers is not written as it should be");
  return join(bigEndian(bits, 2), bytes);
}

function packetLength(length: number): Uint8Array {
  if (length < 192) return Uint8Array.of(length);
  if (length < 8384) return Uint8Array.of(192 + ((length - 192) >> 8), (length - 192) & 0xff);
  return join(Uint8Array.of(255), bigEndian(length, 4));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
