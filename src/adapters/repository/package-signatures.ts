import type { Fingerprint } from "../../domain/index.ts";
import type { Place } from "./place.ts";
import type { Tree } from "./tree.ts";

/** Those of the packages (absolute paths) whose own signature is a good one by any of the keys. */
export async function judgeByAny(
  tree: Tree,
  place: Place,
  paths: readonly string[],
  keys: readonly Fingerprint[],
): Promise<ReadonlySet<string>> {
  const good = new Set<string>();
  for (const key of keys) {
    const left = paths.filter((path) => !good.has(path));
    if (left.length === 0) break;
    const verdicts = await tree.engine(place).judgePackages(left, key);
    for (const path of left) if (verdicts.get(path) === null) good.add(path);
  }
  return good;
}
