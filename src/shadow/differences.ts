import { isListed, type Move } from "../promotion/index.ts";

/** The files that were planned and are not there, by whatever bytes. */
export function missingOf(planned: readonly Move[], there: readonly Move[]): readonly string[] {
  const names = new Set(there.map(({ file }) => file));
  return planned.filter(({ file }) => isListed(file) && !names.has(file)).map(({ file }) => file);
}

/**
 * What was planned and what moved, as a line for each difference; none: they are the same. The one comparison for the native
 * engine beside a back-end, and for an agent beside a predecessor.
 */
export function differencesOf(planned: readonly Move[], moved: readonly Move[], to: string): readonly string[] {
  const there = new Map(moved.filter(({ file }) => isListed(file)).map((one) => [one.file, one.sha256]));
  const wanted = new Map(planned.filter(({ file }) => isListed(file)).map((one) => [one.file, one.sha256]));
  return [
    ...missingOf(planned, moved).map((file) => `${file} was to move to ${to} and is not there`),
    ...[...wanted].flatMap(([file, sha256]) => {
      const found = there.get(file);
      if (found === undefined || found === sha256) return [];
      return [`${file} in ${to} is ${short(found)}, and ${short(sha256)} was tested`];
    }),
    ...[...there.keys()]
      .filter((file) => !wanted.has(file))
      .map((file) => `${file} has come to ${to} and was not planned`),
  ];
}

function short(sha256: string): string {
  return `sha256:${sha256.slice(0, 12)}`;
}
