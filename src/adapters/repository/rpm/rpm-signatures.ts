import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needTool, runTool } from "../../signer/index.ts";

const limitMs = 600_000;

/**
 * Each rpm's own signature and digests, by rpm itself, against a database that holds this one key and nothing of the
 * machine's. By file: null where good, else what rpm says. An unsigned package is not good (`_pkgverify_level all`).
 */
export async function judgeRpms(
  certificate: Uint8Array,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rpms = paths.filter((path) => path.endsWith(".rpm"));
  const found = new Map<string, string | null>();
  if (rpms.length === 0) return found;
  const work = mkdtempSync(join(tmpdir(), "rb-rpmkeys-"));
  try {
    const common = ["--define", `_dbpath ${join(work, "db")}`, "--define", "_pkgverify_level all"];
    writeFileSync(join(work, "key.asc"), armored(certificate));
    await needTool({ program: "rpmkeys", args: [...common, "--import", join(work, "key.asc")], limitMs });
    const answer = await runTool({ program: "rpmkeys", args: [...common, "--checksig", ...rpms], limitMs });
    const lines = new Map(
      answer.stdout
        .toString("utf8")
        .split("\n")
        .map((line) => [line.slice(0, line.lastIndexOf(": ")), line.slice(line.lastIndexOf(": ") + 2)]),
    );
    for (const path of rpms) {
      const said = lines.get(path);
      found.set(path, said === "digests signatures OK" ? null : `rpm says: ${said ?? "nothing"}`);
    }
    return found;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** RFC 9580, 6: rpm imports armored keys only, and wants the checksum. */
function armored(certificate: Uint8Array): string {
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
