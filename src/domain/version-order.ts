/** Orders versions of one component as people do: numbers by value, `-rc1` before what it leads to, a tag's `v` apart. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parts(one), parts(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = comparePart(a[at], b[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parts(version: string): readonly string[] {
  return version.replace(/^v(?=[0-9])/, "").match(/[0-9]+|[A-Za-z]+/g) ?? [];
}

function comparePart(one: string | undefined, other: string | undefined): number {
  // Words (`rc`) come before the end of a version, numbers after it.
  const rank = (part: string | undefined): number => (part === undefined ? 1 : /[0-9]/.test(part) ? 2 : 0);
  if (rank(one) !== rank(other)) return rank(one) - rank(other);
  if (one === undefined || other === undefined) return 0;
  if (rank(one) === 0) return one < other ? -1 : one > other ? 1 : 0;
  const difference = BigInt(one) - BigInt(other);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
