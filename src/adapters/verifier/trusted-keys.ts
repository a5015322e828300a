import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import { type KeyFile, type KeySource, parseTrustedKeys, type TrustedKeys } from "../../signed/index.ts";

/** What the predecessors call their keyring; beside single keys it would say twice who is trusted. */
const keyringName = "trusted-keys-for-commands.gpg";

/** Where the operator keeps the keys: exactly one of the two. Paths are absolute. */
export interface TrustedKeysSettings {
  readonly directory: string | null;
  readonly keyring: string | null;
}

/**
 * Reads the trusted keys as they are now; nothing is kept from an earlier time. Throws AdapterError `CONFIGURATION`
 * with a line for each mistake: both or neither configured, a file whose name disagrees with its content.
 */
export async function loadTrustedKeys({ directory, keyring }: TrustedKeysSettings): Promise<TrustedKeys> {
  if (directory !== null && keyring !== null) throw both(directory, keyring);
  const path = directory ?? keyring;
  if (path === null)
    throw new AdapterError("CONFIGURATION", "no trusted keys are configured: a directory or a keyring");
  const parsed = await parseTrustedKeys(directory === null ? fromKeyring(path) : fromDirectory(directory));
  if (parsed.ok) return parsed.value;
  throw new AdapterError("CONFIGURATION", parsed.error.map((mistake) => `${path}: ${mistake}`).join("\n"));
}

function fromKeyring(path: string): KeySource {
  return { kind: "keyring", file: read(path) };
}

/** Every file of the directory is a key; or the one file in it is the predecessors' keyring. */
function fromDirectory(directory: string): KeySource {
  const names = list(directory);
  if (!names.includes(keyringName)) {
    return { kind: "directory", files: names.map((name) => read(join(directory, name))) };
  }
  if (names.length > 1) throw both(directory, join(directory, keyringName));
  return fromKeyring(join(directory, keyringName));
}

/** Without hidden files and what explains the directory to people. */
function list(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith(".") && !/^README|\.md$/.test(name));
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${directory}: the directory of trusted keys cannot be read`, cause);
  }
}

function read(path: string): KeyFile {
  try {
    return { name: basename(path), bytes: new Uint8Array(readFileSync(path)) };
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${path}: cannot be read`, cause);
  }
}

function both(directory: string, keyring: string): AdapterError {
  return new AdapterError("CONFIGURATION", `trusted keys: either ${directory} or ${keyring}, not both`);
}
