import { no, ok, type Result } from "../domain/index.ts";

const alphabet = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Decodes the lines between an armor's empty line and its end (RFC 4880 section 6): canonical base64, then an optional
 * `=` and the CRC24, which has to be right where it stands. The error is a sentence for the author.
 */
export function parseArmorBody(untrustedLines: readonly string[]): Result<Uint8Array, string> {
  const last = untrustedLines.at(-1);
  const checked = last?.startsWith("=") === true;
  const data = checked ? untrustedLines.slice(0, -1) : untrustedLines;
  if (data.length === 0) return no("its signature is empty");
  if (data.some((line) => line === "")) return no("an empty line stands inside its base64");
  if (data.slice(0, -1).some((line) => line.includes("="))) return no("base64 goes on after its padding");

  const base64 = data.join("");
  if (!alphabet.test(base64)) return no("its signature is not base64");
  const bytes = Buffer.from(base64, "base64");
  // Node reads base64 leniently; what it reads must be written exactly so, padding and unused bits included.
  if (bytes.toString("base64") !== base64) return no("its base64 is not canonical (padding, or bits after the end)");

  if (checked && last !== `=${crcText(bytes)}`)
    return no("the checksum of its armor is wrong: it was damaged on its way");
  return ok(new Uint8Array(bytes));
}

/** Writes bytes as armor lines: base64 in lines of 64 characters, then the checksum. */
export function renderArmorBody(bytes: Uint8Array): string[] {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [...lines, `=${crcText(bytes)}`];
}

function crcText(bytes: Uint8Array): string {
  const crc = crc24(bytes);
  return Buffer.from([crc >>> 16, (crc >>> 8) & 0xff, crc & 0xff]).toString("base64");
}

/** RFC 4880 section 6.1. */
function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb;
    }
  }
  return crc & 0xffffff;
}
