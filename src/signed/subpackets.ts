import { ByteReader, Malformed } from "./byte-reader.ts";

/** One signature subpacket (RFC 4880 section 5.2.3.1); `type` without the critical bit. */
interface Subpacket {
  readonly type: number;
  readonly body: Uint8Array;
}

/** What the two subpacket areas say, as far as we look at it ourselves. */
export interface SubpacketFacts {
  /** From the hashed area, where it must stand once. */
  readonly created: Date;
  /** When the signature itself ends; null: never. Hashed. */
  readonly expires: Date | null;
  /** 8 bytes; every issuer that either area names agrees with it. */
  readonly issuerKeyId: Uint8Array;
  /** 20 bytes, where one is named. */
  readonly issuerFingerprint: Uint8Array | null;
}

const creationTime = 2;
const expirationTime = 3;
const issuerKeyId = 16;
const issuerFingerprint = 33;

/** Reads both areas. Throws {@link Malformed}. */
export function readSubpackets(hashed: Uint8Array, unhashed: Uint8Array): SubpacketFacts {
  const signed = split(hashed);
  const created = numberOf(only(signed, creationTime));
  if (created === null) throw new Malformed("its hashed part does not say when it was made");
  const lifetime = numberOf(only(signed, expirationTime)) ?? 0;
  const all = [...signed, ...split(unhashed)];
  const fingerprints = all.filter(({ type }) => type === issuerFingerprint).map(({ body }) => fingerprintOf(body));
  const keyIds = all.filter(({ type }) => type === issuerKeyId).map(({ body }) => body);
  const claimed = [...fingerprints.map((fingerprint) => fingerprint.subarray(12)), ...keyIds];
  const [first] = claimed;
  if (first?.length !== 8) throw new Malformed("it does not say whose it is");
  // Two verifiers might believe two different issuers.
  if (!claimed.every((other) => same(other, first)) || !fingerprints.every((other) => same(other, fingerprints[0]))) {
    throw new Malformed("it names two issuers");
  }
  return {
    created: new Date(created * 1000),
    expires: lifetime === 0 ? null : new Date((created + lifetime) * 1000),
    issuerKeyId: first.slice(),
    issuerFingerprint: fingerprints[0]?.slice() ?? null,
  };
}

function split(area: Uint8Array): Subpacket[] {
  const reader = new ByteReader(area);
  const found: Subpacket[] = [];
  while (reader.left > 0) {
    const first = reader.number(1);
    const length = first < 192 ? first : first < 255 ? (first - 192) * 256 + reader.number(1) + 192 : reader.number(4);
    if (length === 0) throw new Malformed("it holds a subpacket without a type");
    const type = reader.number(1) & 0x7f;
    found.push({ type, body: reader.take(length - 1) });
  }
  return found;
}

function only(area: readonly Subpacket[], type: number): Subpacket | null {
  const [first, ...others] = area.filter((subpacket) => subpacket.type === type);
  if (others.length > 0) throw new Malformed("it gives a time twice");
  return first ?? null;
}

function numberOf(subpacket: Subpacket | null): number | null {
  if (subpacket === null) return null;
  if (subpacket.body.length !== 4) throw new Malformed("it holds a time that is not four bytes long");
  return new ByteReader(subpacket.body).number(4);
}

/** Version 4 is the only kind of key that is trusted here. */
function fingerprintOf(body: Uint8Array): Uint8Array {
  if (body.length !== 21 || body[0] !== 4) throw new Malformed("its issuer is not a version 4 key");
  return body.subarray(1);
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}
