/** `release-bot repo check`, `status`: what only looks. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openByWords, releaseOf, textOf, type Words } from "./options.ts";

/** Every fault of the tree; exit status 1 where there is one. */
export async function check(words: Words): Promise<number> {
  const { repositories } = openByWords(words, "there");
  const faults = await repositories.check();
  if (words.values.json) process.stdout.write(`${JSON.stringify({ ok: faults.length === 0, faults })}\n`);
  else {
    for (const { path, what } of faults) process.stdout.write(`${path}: ${what}\n`);
    if (faults.length === 0) process.stdout.write(`${soundness(textOf(words, "root"))}\n`);
  }
  return faults.length === 0 ? 0 : 1;
}

/** A tree without any repository is sound, too, and probably not what was meant. */
function soundness(root: string): string {
  const isThere = ["rpm", "deb", "archlinux"].some((type) => existsSync(join(root, type)));
  return isThere ? "every reference, hash, size and signature is right" : `there is no repository below ${root}`;
}

const day = 24 * 3600 * 1000;

/** Which version stands where, and for how long. */
export async function status(words: Words): Promise<number> {
  const { repositories } = openByWords(words, "there");
  const release = words.values.release === undefined ? null : releaseOf(words);
  const standing = await repositories.standing({ release, component: null, distribution: null });
  const now = Date.now();
  const daysOf = (since: Date | null): number | null =>
    since === null ? null : Math.round(((now - since.getTime()) / day) * 10) / 10;
  if (words.values.json) {
    const dated = standing.map((one) => ({ ...one, days: daysOf(one.since) }));
    process.stdout.write(`${JSON.stringify({ standing: dated })}\n`);
    return 0;
  }
  if (standing.length === 0) {
    process.stderr.write(
      "no record names anything that stands here; where builder v2 publishes, its records are read with --artifacts DIR\n",
    );
  }
  const rows = standing.map((one) => {
    const days = daysOf(one.since)?.toFixed(1) ?? "?";
    const since = one.since === null ? "unknown" : one.since.toISOString().slice(0, 16).replace("T", " ");
    return [one.release, one.name, one.dist, one.repository, one.version, one.commit?.slice(0, 12) ?? "-", since, days];
  });
  const table = [["release", "name", "dist", "repository", "version", "commit", "since (UTC)", "days"], ...rows.sort()];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length))) ?? [];
  for (const row of table) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  }
  return 0;
}
