/** What a status issue's title says that it is about. */
export interface TitleSubject {
  readonly kind: "component" | "template" | "iso";
  readonly name: string;
  readonly version: string;
  readonly release: string;
}

/** Reads a title that `statusIssueTitle` has made; null for any other. */
export function parseStatusTitle(title: string): TitleSubject | null {
  const [, name, version, release] = /^(\S{1,80}) (\S{1,120}) \((r[0-9.]{1,15}|devel)\)$/.exec(title) ?? [];
  if (name === undefined || version === undefined || release === undefined) return null;
  if (name === "iso") return { kind: "iso", name, version, release };
  const template = /^qubes-template-(.+)$/.exec(name)?.[1];
  if (template !== undefined) return { kind: "template", name: template, version, release };
  return { kind: "component", name, version, release };
}

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
