/**
 * By which keys each repository was signed here, the newest first: so that a check knows what must be there, and who has to
 * have signed it. Like all of the tree's state it can be changed by whoever can change the tree; a promotion goes by the key
 * that it is told.
 */
import { join } from "node:path";
import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import type { Disk } from "../files/index.ts";
import { type Place, stateDirectory } from "./place.ts";

interface Where {
  readonly disk: Disk;
  readonly root: string;
}

/** A repository that was signed here. */
export interface SignedPlace {
  readonly base: string;
  readonly suite: string;
  readonly keys: readonly Fingerprint[];
}

const directory = `${stateDirectory}/signers`;

/** The file that says so, where this signature changes it. */
export function signersFile(where: Where, place: Place, key: Fingerprint): { path: string; bytes: string }[] {
  const known = signersOf(where, place);
  if (known[0] === key) return [];
  const keys = [key, ...known.filter((one) => one !== key)];
  const said: SignedPlace = { base: place.base, suite: place.suite, keys };
  return [{ path: `${directory}/${place.key}.json`, bytes: JSON.stringify(said) }];
}

/** Who signed it, the newest first; none where nothing of ours did yet. */
export function signersOf(where: Where, place: Place): readonly Fingerprint[] {
  return read(where, `${place.key}.json`)?.keys ?? [];
}

/** Every repository that was signed here. */
export function signedPlaces(where: Where): SignedPlace[] {
  const names = where.disk.list(join(where.root, directory)).filter((name) => name.endsWith(".json"));
  return names.flatMap((name) => read(where, name) ?? []);
}

function read({ disk, root }: Where, name: string): SignedPlace | null {
  const path = join(root, directory, name);
  if (name.startsWith(".") || disk.stat(path) === null) return null;
  const { base, suite, keys } = JSON.parse(Buffer.from(disk.read(path)).toString("utf8")) as Partial<SignedPlace>;
  if (typeof base !== "string" || typeof suite !== "string" || !Array.isArray(keys)) {
    throw new AdapterError("UNEXPECTED_ANSWER", `${path} is not one that release-bot wrote`);
  }
  return { base, suite, keys };
}
