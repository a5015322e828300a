import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBuilders } from "../../../adapters/configuration/index.ts";
import { runTool } from "../../../adapters/signer/run-tool.ts";
import { parseFingerprint, type QubeName } from "../../../domain/index.ts";
import type { Predecessor } from "./plan.ts";

/** Where the predecessor keeps its things. */
export interface PredecessorPlaces {
  readonly qube: QubeName;
  /** `~/.config/qubes-builder-github`: `builders.list` and the keyring. */
  readonly settings: string;
  readonly stateDirectory: string | null;
}

/** Its two spellings. */
const keyrings = ["trusted-keys-for-commands.gpg", "trusted-keys-for-commands.asc"];

/** Reads the predecessor's set-up, and changes nothing of it. Throws AdapterError where it has no builders.list. */
export async function findPredecessor({ qube, settings, stateDirectory }: PredecessorPlaces): Promise<Predecessor> {
  const buildersList = join(settings, "builders.list");
  const { builders, problems } = await loadBuilders(buildersList, { includeRoots: [] });
  const stateDirectories = [stateDirectory, ...builders.map(({ configuration }) => configuration.github.stateDir)];
  const state = new Map<string, number>();
  for (const directory of stateDirectories) {
    if (directory !== null && existsSync(directory)) state.set(directory, countFiles(directory, /./));
  }
  const records = new Map<string, number>();
  for (const { configuration } of builders) {
    const published = join(configuration.artifactsDir, "repository-publish");
    if (existsSync(published))
      records.set(configuration.artifactsDir, countFiles(configuration.artifactsDir, /\.publish\.yml$/));
  }
  return {
    qube,
    buildersList,
    builders,
    problems: problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
    trustedKeys: await readKeyring(keyrings.map((name) => join(settings, name)).find((path) => existsSync(path))),
    state,
    records,
  };
}

function countFiles(directory: string, pattern: RegExp): number {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter(
    (name) => pattern.test(name) && statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true,
  ).length;
}

/** The keyring's public keys. It is copied first: gpg leaves locks and back-ups beside a keyring that it opens. */
async function readKeyring(file: string | undefined): Promise<Predecessor["trustedKeys"]> {
  if (file === undefined) return null;
  const home = mkdtempSync(join(tmpdir(), "rb-mg-"));
  try {
    const copy = join(home, "keys");
    copyFileSync(file, copy);
    const gpg = (args: readonly string[]) =>
      runTool({
        program: "gpg",
        args: ["--homedir", home, "--batch", "--no-tty", "--no-autostart", ...args],
        limitMs: 30_000,
      });
    const imported = await gpg(["--import", copy]);
    const listed = await gpg(["--with-colons", "--list-keys"]);
    const armor = await gpg(["--armor", "--export"]);
    if (imported.status !== 0 || armor.stdout.length === 0) return null;
    return { armor: armor.stdout.toString("utf8"), fingerprints: primaryFingerprints(listed.stdout.toString("utf8")) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function primaryFingerprints(listing: string) {
  const lines = listing.split("\n");
  return lines.flatMap((line, index) => {
    if (!line.startsWith("pub:")) return [];
    const fingerprint = lines.slice(index + 1).find((next) => next.startsWith("fpr:"));
    return parseFingerprint(fingerprint?.split(":")[9] ?? "") ?? [];
  });
}
