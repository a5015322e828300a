/** New files by the source package that they were built from: each becomes a record, as builder v2 keeps one a spec file. */
import type { Move } from "../../promotion/index.ts";
import type { Snapshot } from "./engine.ts";
import { versionInFiles } from "./records.ts";

/** The files of one source package. */
export interface SourceGroup<File extends Move> {
  /** What its record is called: the source package's name. */
  readonly spec: string;
  /** Builder v2's VERSION-RELEASE: without epoch and without the distribution's suffix. */
  readonly version: string;
  readonly files: readonly File[];
  /** The keys under which builder v2 lists the files. */
  readonly builderKeys: Readonly<Record<string, unknown>>;
  templateVersion(template: string): string;
}

/** Groups the files; what belongs to no package of its own (buildinfo) goes with the first source. */
export function groupBySource<File extends Move>(described: Snapshot, files: readonly File[]): SourceGroup<File>[] {
  const { type } = described.place;
  const sourceOf = new Map<string, { source: string; version: string }>();
  for (const entry of described.entries()) {
    const { source, version } =
      type === "rpm" ? rpmSource(entry.source) : { source: entry.source, version: entry.version };
    for (const file of entry.files) sourceOf.set(file.file, { source, version });
  }
  const first = [...sourceOf.values()][0];
  const groups = new Map<string, { version: string; files: File[] }>();
  for (const file of files) {
    const found = sourceOf.get(file.file) ?? sourceOf.get(file.file.replace(/\.sig$/, "")) ?? first;
    if (found === undefined) continue;
    const group = groups.get(found.source) ?? { version: plainVersion(found.version), files: [] };
    group.files.push(file);
    groups.set(found.source, group);
  }
  return [...groups].map(([spec, group]) => ({
    spec,
    ...group,
    builderKeys: builderKeys(
      type,
      spec,
      group.files.map((file) => file.file),
      sourceOf.get(group.files[0]?.file ?? "")?.version,
    ),
    templateVersion: (template) =>
      versionInFiles(
        template,
        group.files.map((file) => file.file),
      ) ?? group.version,
  }));
}

/** `core-admin-4.3.12-1.fc41.src.rpm` → its name and version. */
function rpmSource(file: string): { source: string; version: string } {
  const parts = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(file) ?? /^(.+)-([^-]+-[^-]+)\.[^.]+\.rpm$/.exec(file);
  return { source: parts?.[1] ?? file, version: parts?.[2] ?? "0" };
}

/** `1:4.3.12-1.fc41` → `4.3.12-1`; `4.3.12-1+deb12u1` → `4.3.12-1`. */
function plainVersion(version: string): string {
  return version.replace(/^[0-9]+:/, "").replace(/(\.(fc|el)[0-9]+.*|[+~]deb[0-9]+u.*)$/, "");
}

function builderKeys(
  type: Snapshot["place"]["type"],
  source: string,
  names: readonly string[],
  version: string | undefined,
): Record<string, unknown> {
  const ending = (pattern: RegExp): string[] => names.filter((name) => pattern.test(name)).sort();
  const one = (key: string, pattern: RegExp): Record<string, string> => {
    const [name] = ending(pattern);
    return name === undefined ? {} : { [key]: name };
  };
  if (type === "archlinux") return { packages: ending(/\.pkg\.tar(\.[a-z0-9]+)?$/) };
  if (type === "rpm") {
    const rpms = ending(/\.rpm$/).filter((name) => !name.endsWith(".src.rpm"));
    return { ...one("srpm", /\.src\.rpm$/), rpms, ...one("buildinfo", /\.buildinfo$/) };
  }
  return {
    "package-release-name-full": `${source}_${version ?? ""}`,
    packages: ending(/\.deb$/),
    ...one("dsc", /\.dsc$/),
    ...one("buildinfo", /\.buildinfo$/),
    ...one("changes", /\.changes$/),
  };
}
