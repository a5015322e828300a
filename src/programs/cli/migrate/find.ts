import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadBuilders } from "../../../adapters/configuration/index.ts";
import { inScratch } from "../../../adapters/files/index.ts";
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
  const state = new Map<string, number | null>();
  for (const directory of stateDirectories) {
    if (directory !== null && existsSync(directory)) state.set(directory, countFiles(directory, /./));
  }
  const records = new Map<string, number | null>();
  const templates = new Map<string, number | null>();
  for (const { configuration } of builders) {
    const { artifactsDir, github } = configuration;
    if (existsSync(join(artifactsDir, "repository-publish"))) {
      records.set(artifactsDir, countFiles(artifactsDir, /\.publish\.yml$/));
    }
    const { messageTemplatesDir } = github;
    if (messageTemplatesDir !== null) templates.set(messageTemplatesDir, countFiles(messageTemplatesDir, /^message-/));
  }
  return {
    qube,
    buildersList,
    builders,
    problems: problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
    trustedKeys: await readKeyring(keyrings.map((name) => join(settings, name)).find((path) => existsSync(path))),
    state,
    records,
    templates,
  };
}

/** Null where the directory cannot be read, or not all of it. */
function countFiles(directory: string, pattern: RegExp): number | null {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter(
      (name) => pattern.test(name) && statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true,
    ).length;
  } catch {
    return null;
  }
}

/** The keyring's public keys. It is copied first: gpg leaves locks and back-ups beside a keyring that it opens. */
async function readKeyring(file: string | undefined): Promise<Predecessor["trustedKeys"]> {
  if (file === undefined) return { unread: `there is none (${keyrings.join(", ")})` };
  return inScratch("keyring", async (home) => {
    const copy = join(home, "keys");
    try {
      copyFileSync(file, copy);
    } catch (error) {
      return { unread: `${file} cannot be read: ${(error as Error).message}` };
    }
    const gpg = (args: readonly string[]) =>
      runTool({
        program: "gpg",
        args: ["--homedir", home, "--batch", "--no-tty", "--no-autostart", ...args],
        limitMs: 30_000,
      });
    const imported = await gpg(["--import", copy]);
    const listed = await gpg(["--with-colons", "--list-keys"]);
    const armor = await gpg(["--armor", "--export"]);
    if (armor.stdout.length === 0) return { unread: `${file} holds no key that gpg reads` };
    const complaint = imported.status === 0 ? null : `${file}: gpg could not read all of it; compare what was taken`;
    const fingerprints = primaryFingerprints(listed.stdout.toString("utf8"));
    return { armor: armor.stdout.toString("utf8"), fingerprints, complaint };
  });
}

function primaryFingerprints(listing: string) {
  const lines = listing.split("\n");
  return lines.flatMap((line, index) => {
    if (!line.startsWith("pub:")) return [];
    const fingerprint = lines.slice(index + 1).find((next) => next.startsWith("fpr:"));
    return parseFingerprint(fingerprint?.split(":")[9] ?? "") ?? [];
  });
}
