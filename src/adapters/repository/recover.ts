/** What a crash left half is finished or undone, wherever nobody is at work. */
import { join } from "node:path";
import { keptDatabase, keptDirectory } from "./deb/kept-database.ts";
import { sharedKeyOf } from "./place.ts";
import { journalDirectory } from "./transaction.ts";
import type { Tree } from "./tree.ts";

/** Recovers every repository that a crash left half changed; answers a line for each. */
export async function recoverAll(tree: Tree): Promise<string[]> {
  const { disk, root } = tree.options;
  const said: string[] = [];
  for (const name of disk.list(journalDirectory(root))) {
    if (!name.endsWith(".json") || name.startsWith(".")) continue;
    const key = name.slice(0, -".json".length);
    const lines = await tree.unlessBusy([key, ...sharedKeyOf(key)], async () => {
      const done = await tree.transaction(key).recover();
      return done === null ? [] : [`${key}: an interrupted change was ${done}`];
    });
    said.push(...lines);
  }
  for (const sharedKey of disk.list(join(root, keptDirectory))) {
    const kept = keptDatabase({ disk, root }, { key: sharedKey, sharedKey });
    if (kept === null) continue;
    const lines = await tree.unlessBusy([kept.place.key, sharedKey], async () => {
      const left = await tree.settle(kept.place);
      return left === null ? [] : [`${left.key}: reprepro's database says what the suite says again`];
    });
    said.push(...lines);
  }
  return said;
}
