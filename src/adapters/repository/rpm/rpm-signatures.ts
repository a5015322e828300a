import { runTool } from "../../signer/index.ts";
import { keyRingOf } from "./key-ring.ts";

const limitMs = 600_000;

/**
 * Each rpm's own signature and digests, by rpm itself, against a key ring that holds this one key and nothing of the
 * machine's. By file: null where good, else what rpm says. An unsigned package is not good (`_pkgverify_level all`).
 */
export async function judgeRpms(
  certificate: Uint8Array,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rpms = paths.filter((path) => path.endsWith(".rpm"));
  const found = new Map<string, string | null>();
  if (rpms.length === 0) return found;
  const keyRing = keyRingOf(certificate);
  // An rpm that knows no directories of keys finds an empty database, and no signature good.
  const defines = ["_keyring fs", `_keyringpath ${keyRing}`, `_dbpath ${keyRing}/none`, "_pkgverify_level all"];
  const common = defines.flatMap((define) => ["--define", define]);
  // An argument list has its limit, and a repository may hold ten thousand packages.
  for (let from = 0; from < rpms.length; from += 500) {
    const some = rpms.slice(from, from + 500);
    const answer = await runTool({ program: "rpmkeys", args: [...common, "--checksig", ...some], limitMs });
    const lines = answer.stdout.toString("utf8").split("\n");
    const said = new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(": ")), line.slice(line.lastIndexOf(": ") + 2)]),
    );
    for (const path of some) {
      const verdict = said.get(path);
      found.set(path, verdict === "digests signatures OK" ? null : `rpm says: ${verdict ?? "nothing"}`);
    }
  }
  return found;
}
