import { createHash } from "node:crypto";
import { type Fingerprint, no, ok, type Result } from "../domain/index.ts";
import { parseArmorBody } from "./armor.ts";
import { ByteReader, bigEndian, Malformed } from "./byte-reader.ts";
import { readAnyPacket } from "./packet.ts";

/** One certificate of a key file, still undecoded: where it begins and ends, and whose it says it is. */
export interface CertificateBytes {
  /** Computed from the primary key's own bytes (RFC 4880 section 12.2). */
  readonly fingerprint: Fingerprint;
  readonly bytes: Uint8Array;
}

const tags = { signature: 2, secretKey: 5, publicKey: 6, secretSubkey: 7, trust: 12 } as const;
const armorHead = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const armorEnd = "-----END PGP PUBLIC KEY BLOCK-----";

/**
 * Splits a key file, armored (several armors one after the other too) or binary, into its certificates. Libraries that
 * read only the first of several would trust fewer keys than the operator believes, without a word. The error is a sentence.
 */
export function splitCertificates(file: Uint8Array): Result<readonly CertificateBytes[], string> {
  const packets = isArmored(file) ? unarmor(Buffer.from(file).toString("latin1")) : ok([file]);
  if (!packets.ok) return packets;
  try {
    return ok(packets.value.flatMap(splitBinary));
  } catch (error) {
    if (error instanceof Malformed) return no(`is not an OpenPGP key file: ${error.message}`);
    throw error;
  }
}

function isArmored(file: Uint8Array): boolean {
  return Buffer.from(file.subarray(0, 1024)).toString("latin1").trimStart().startsWith("-----");
}

function unarmor(text: string): Result<Uint8Array[], string> {
  const found: Uint8Array[] = [];
  let open: string[] | null = null;
  for (const raw of text.split("\n")) {
    const line = raw.trimEnd();
    if (open === null) {
      if (line === "") continue;
      if (line !== armorHead) return no("holds something besides public key blocks");
      open = [];
    } else if (line === armorEnd) {
      const body = parseArmorBody(open.slice(open.indexOf("") + 1));
      if (!body.ok) return no(`holds a damaged key block: ${body.error}`);
      found.push(body.value);
      open = null;
    } else open.push(line);
  }
  return open === null ? ok(found) : no("ends in the middle of a key block");
}

function splitBinary(bytes: Uint8Array): CertificateBytes[] {
  const reader = new ByteReader(bytes);
  const groups: { fingerprint: Fingerprint; parts: Uint8Array[] }[] = [];
  while (reader.left > 0) {
    const packet = readAnyPacket(reader);
    if (packet.tag === tags.secretKey || packet.tag === tags.secretSubkey) throw new Malformed("it holds a secret key");
    // gpg's own notes in its keyrings: they say nothing that anybody signed.
    if (packet.tag === tags.trust) continue;
    if (packet.tag === tags.publicKey) groups.push({ fingerprint: fingerprintOf(packet.body), parts: [] });
    const group = groups.at(-1);
    if (group === undefined) throw new Malformed("it does not begin with a key");
    group.parts.push(packet.whole);
  }
  return groups.map(({ fingerprint, parts }) => ({ fingerprint, bytes: new Uint8Array(Buffer.concat(parts)) }));
}

function fingerprintOf(body: Uint8Array): Fingerprint {
  if (body[0] !== 4) throw new Malformed("it holds a key that is not of version 4");
  const digest = createHash("sha1").update(Uint8Array.of(0x99)).update(bigEndian(body.length, 2)).update(body);
  return digest.digest("hex").toUpperCase() as Fingerprint;
}
