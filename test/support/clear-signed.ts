/** A clear-signed message in parts, to put together again in ways that gpg would not. */
export interface ClearSigned {
  readonly hash: string;
  readonly text: string;
  /** The armor's content: OpenPGP packets. */
  readonly packets: Uint8Array;
}

/** Takes apart what gpg or sq wrote. */
export function takeApart(message: string): ClearSigned {
  const parts =
    /^-----BEGIN PGP SIGNED MESSAGE-----\nHash: (\S+)\n\n([\s\S]*)\n-----BEGIN PGP SIGNATURE-----\n([\s\S]*?)\n\n([\s\S]*)-----END PGP SIGNATURE-----\n$/.exec(
      message.replace("-----BEGIN PGP SIGNATURE-----\n\n", "-----BEGIN PGP SIGNATURE-----\nComment: none\n\n"),
    );
  if (parts === null) throw new Error(`not a clear-signed message:\n${message}`);
  const [, hash = "", text = "", , armor = ""] = parts;
  const base64 = armor
    .split("\n")
    .filter((line) => !line.startsWith("="))
    .join("");
  return { hash, text, packets: new Uint8Array(Buffer.from(base64, "base64")) };
}

/** Puts one together, without a checksum; `width` is the length of the base64's lines. */
export function putTogether(parts: ClearSigned, width = 64): string {
  const base64 = Buffer.from(parts.packets)
    .toString("base64")
    .replace(new RegExp(`.{${width}}(?=.)`, "g"), "$&\n");
  return `-----BEGIN PGP SIGNED MESSAGE-----\nHash: ${parts.hash}\n\n${parts.text}\n-----BEGIN PGP SIGNATURE-----\n\n${base64}\n-----END PGP SIGNATURE-----\n`;
}

/** The one packet's body without its header. */
export function packetBody(packets: Uint8Array): Uint8Array {
  const [header = 0, first = 0, second = 0] = packets;
  if ((header & 0x40) === 0) return packets.slice([2, 3, 5][header & 3]);
  return packets.slice(
    first < 192 ? 2 : first < 224 ? 3 : 6,
    first < 192 ? 2 + first : first < 224 ? 3 + (first - 192) * 256 + second + 192 : undefined,
  );
}

/** A signature packet's body in its parts (RFC 4880 section 5.2.3). */
export interface SignatureBody {
  /** Version, type, algorithms, length and content of the hashed subpackets. */
  readonly hashed: Uint8Array;
  readonly unhashed: Uint8Array;
  /** The first two bytes of the digest. */
  readonly start: Uint8Array;
  /** Multiprecision integers, each with its length. */
  readonly numbers: Uint8Array;
}

/** Takes a body apart. */
export function splitBody(body: Uint8Array): SignatureBody {
  const at = (index: number): number => (body[index] ?? 0) * 256 + (body[index + 1] ?? 0);
  const hashedEnd = 6 + at(4);
  const unhashedEnd = hashedEnd + 2 + at(hashedEnd);
  return {
    hashed: body.slice(0, hashedEnd),
    unhashed: body.slice(hashedEnd + 2, unhashedEnd),
    start: body.slice(unhashedEnd, unhashedEnd + 2),
    numbers: body.slice(unhashedEnd + 2),
  };
}

/** Puts a body together. */
export function joinBody({ hashed, unhashed, start, numbers }: SignatureBody): Uint8Array {
  const length = Uint8Array.of(unhashed.length >> 8, unhashed.length & 0xff);
  return new Uint8Array(Buffer.concat([hashed, length, unhashed, start, numbers]));
}

/** Packet headers of every definite kind for a signature's body. */
export const headers: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  "old, one byte": (body) => withHeader(body, [0x88, body.length]),
  "old, two bytes": (body) => withHeader(body, [0x89, body.length >> 8, body.length & 0xff]),
  "old, four bytes": (body) => withHeader(body, [0x8a, 0, 0, body.length >> 8, body.length & 0xff]),
  "new, one byte": (body) => withHeader(body, [0xc2, body.length]),
  "new, two bytes": (body) => withHeader(body, [0xc2, ((body.length - 192) >> 8) + 192, (body.length - 192) & 0xff]),
  "new, five bytes": (body) => withHeader(body, [0xc2, 255, 0, 0, body.length >> 8, body.length & 0xff]),
};

function withHeader(body: Uint8Array, header: readonly number[]): Uint8Array {
  return new Uint8Array(Buffer.concat([Uint8Array.from(header), body]));
}
