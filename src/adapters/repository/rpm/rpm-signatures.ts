import { hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needTool, runTool } from "../../signer/index.ts";
import { armorKey } from "./armor.ts";

const limitMs = 600_000;

/** rpm's key databases of this process, one for each certificate; each in a directory that goes when the process ends. */
const databases = new Map<string, Promise<string>>();

function databaseFor(certificate: Uint8Array): Promise<string> {
  const name = hash("sha256", certificate);
  const known = databases.get(name) ?? makeDatabase(certificate);
  databases.set(name, known);
  known.catch(() => databases.delete(name));
  return known;
}

async function makeDatabase(certificate: Uint8Array): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "rb-rpmkeys-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "key.asc"), armorKey(certificate));
  const args = ["--define", `_dbpath ${join(directory, "db")}`, "--import", join(directory, "key.asc")];
  await needTool({ program: "rpmkeys", args, limitMs });
  return join(directory, "db");
}

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
  const defines = [`_dbpath ${await databaseFor(certificate)}`, "_pkgverify_level all"];
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
