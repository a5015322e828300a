import { createHash } from "node:crypto";

/** What an rpm's own signature covers: its main header, whose tags hold the payload's digest. */
export interface SignedHeader {
  readonly sha256: string;
  readonly length: number;
  /** The OpenPGP signature over it; null where the rpm has none. */
  readonly signature: Uint8Array | null;
}

const leadLength = 96;
const magic = Buffer.from("8eade80100000000", "hex");
const longestHeader = 256 * 1024 * 1024;

/** The length of the header structure at an offset: magic, two counts, the index, the data; null where none is. */
function headerLength(rpm: Uint8Array, at: number): number | null {
  const head = Buffer.from(rpm.buffer, rpm.byteOffset + at, Math.min(16, Math.max(0, rpm.length - at)));
  if (head.length < 16 || !head.subarray(0, 8).equals(magic)) return null;
  const length = 16 + head.readUInt32BE(8) * 16 + head.readUInt32BE(12);
  return length <= longestHeader ? length : null;
}

/**
 * Finds the main header of an rpm (format 3 and 4): after the lead and the signature header, which is padded to eight bytes.
 * These are the bytes that rpmsign has signed. Null where it is no such rpm, or is cut off before.
 */
export function signedHeader(untrustedRpm: Uint8Array): SignedHeader | null {
  if (untrustedRpm.length < leadLength) return null;
  const signatures = headerLength(untrustedRpm, leadLength);
  if (signatures === null) return null;
  const start = leadLength + Math.ceil(signatures / 8) * 8;
  if (start > untrustedRpm.length) return null;
  const length = headerLength(untrustedRpm, start);
  if (length === null || start + length > untrustedRpm.length) return null;
  return {
    sha256: createHash("sha256")
      .update(untrustedRpm.subarray(start, start + length))
      .digest("hex"),
    length,
    signature: signatureIn(Buffer.from(untrustedRpm.subarray(leadLength, leadLength + signatures))),
  };
}

/** Tags of the signature header: an OpenPGP signature over the main header, by RSA or by anything else. */
const signatureTags = [268, 267];

/** An index entry has four numbers: tag, type, offset in the data, length. */
function signatureIn(header: Buffer): Buffer | null {
  const count = header.readUInt32BE(8);
  const data = header.subarray(16 + count * 16);
  for (let at = 16; at < 16 + count * 16; at += 16) {
    if (!signatureTags.includes(header.readUInt32BE(at))) continue;
    const offset = header.readUInt32BE(at + 8);
    return data.subarray(offset, offset + header.readUInt32BE(at + 12));
  }
  return null;
}
