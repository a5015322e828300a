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
