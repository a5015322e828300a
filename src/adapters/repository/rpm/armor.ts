/** RFC 9580, 6: an armored certificate; rpm imports no other, and wants the checksum. */
export function armorKey(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc24(certificate));
  const [begin, end] = ["BEGIN", "END"].map((word) => `-----${word} PGP PUBLIC KEY BLOCK-----`);
  return [begin, "", ...lines, `=${checksum.subarray(1).toString("base64")}`, end, ""].join("\n");
}

/** RFC 9580, 6.1.1 */
function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? ((crc << 1) ^ 0x864cfb) & 0xffffff : crc << 1;
  }
  return crc;
}
