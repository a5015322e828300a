/**
 * `SPEC.publish.yml`: builder v2's record of what was built for one distribution and where it was published, with what
 * ours adds: the commit, the SHA-256 of each file (`published-files`), and the second of each publication. Builder v2 keeps
 * what it does not know, and so do we; its own `files` names paths below its build directory.
 */
import { parse, stringify } from "yaml";
import {
  type CommitSha,
  parseCommitSha,
  parseSha256,
  parseTimestamp,
  type Sha256,
  type Timestamp,
} from "../../domain/index.ts";

/** A file of the build, by base name. */
export interface RecordedFile {
  readonly name: string;
  readonly sha256: Sha256;
}

/** A publication to one repository. */
export interface Publication {
  readonly repository: string;
  /** The minute, as builder v2 has it: what an age is counted from. */
  readonly timestamp: Timestamp;
  /** The moment (ISO 8601), where we wrote the record: what orders publications within a minute. */
  readonly moment: string | null;
}

/** A record, understood. */
export interface PublishRecord {
  /** Builder v2's hash of the sources; null where we published and knew none. */
  readonly sourceHash: string | null;
  /** Null in builder v2's own records: there it stands in the record of the fetch. */
  readonly commit: CommitSha | null;
  /** A template's version; null for a component. */
  readonly templateVersion: string | null;
  /** Empty in builder v2's own records, which name files without their hashes: see {@link namesInRecord}. */
  readonly files: readonly RecordedFile[];
  readonly publications: readonly Publication[];
  /** The whole mapping as it was read, unknown keys included. */
  readonly tree: Readonly<Record<string, unknown>>;
}

const fileName = /^[A-Za-z0-9_@+][A-Za-z0-9_.+~^:=@-]{0,254}$/;

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listAt(tree: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const value = tree[key] ?? [];
  if (!Array.isArray(value)) throw new RangeError(`'${key}' is not a list`);
  return value;
}

const ownKey = "published-files";

/** The files with their hashes. They stood under `files` once, where builder v2 has paths. */
function hashedFiles(tree: Readonly<Record<string, unknown>>): readonly unknown[] {
  if (ownKey in tree) return listAt(tree, ownKey);
  return listAt(tree, "files").filter((file) => typeof file !== "string");
}

/** Reads a record. Throws RangeError for what is none, or holds a name, hash or time that is none. */
export function parsePublishRecord(text: string): PublishRecord {
  const tree: unknown = parse(text, { maxAliasCount: 0 });
  if (!isMapping(tree)) throw new RangeError("a publish record is a mapping");
  const files = hashedFiles(tree).map((file) => {
    const name = isMapping(file) ? file["name"] : null;
    const sha256 = isMapping(file) ? parseSha256(String(file["sha256"])) : null;
    if (typeof name !== "string" || !fileName.test(name) || sha256 === null)
      throw new RangeError(`'${ownKey}' holds no file`);
    return { name, sha256 };
  });
  const publications = listAt(tree, "repository-publish").map((entry) => {
    const repository = isMapping(entry) ? entry["name"] : null;
    const timestamp = isMapping(entry) ? parseTimestamp(String(entry["timestamp"])) : null;
    const moment = isMapping(entry) && typeof entry["moment"] === "string" ? entry["moment"] : null;
    if (typeof repository !== "string" || timestamp === null) {
      throw new RangeError("'repository-publish' holds an entry without name or timestamp");
    }
    return { repository, timestamp, moment };
  });
  const textOf = (key: string): string | null => (typeof tree[key] === "string" ? tree[key] : null);
  return {
    sourceHash: textOf("source-hash"),
    commit: parseCommitSha(textOf("git-commit-hash") ?? ""),
    templateVersion: textOf("template-version"),
    files,
    publications,
    tree,
  };
}

/** The names of the files that builder v2's own keys list, where a record has no `files`. */
export function namesInRecord(record: PublishRecord): string[] {
  const found = new Set(record.files.map((file) => file.name));
  for (const key of ["srpm", "rpms", "packages", "dsc", "buildinfo", "rpm"]) {
    const value = record.tree[key];
    for (const name of Array.isArray(value) ? value : [value]) {
      if (typeof name === "string" && fileName.test(name)) found.add(name);
    }
  }
  return [...found].sort();
}

/** Writes a record: what was in its tree, with our keys over it. */
export function renderPublishRecord(record: PublishRecord): string {
  const { files: paths, ...rest } = record.tree;
  const tree = {
    ...rest,
    ...(Array.isArray(paths) && paths.every((path) => typeof path === "string") ? { files: paths } : {}),
    ...(record.sourceHash === null ? {} : { "source-hash": record.sourceHash }),
    ...(record.commit === null ? {} : { "git-commit-hash": record.commit }),
    ...(record.templateVersion === null ? {} : { "template-version": record.templateVersion }),
    ...(record.files.length === 0 ? {} : { [ownKey]: record.files }),
    "repository-publish": record.publications.map(({ repository, timestamp, moment }) => ({
      name: repository,
      timestamp,
      ...(moment === null ? {} : { moment }),
    })),
  };
  // Builder v2 reads YAML 1.1: what is a time or a number to it is quoted.
  return stringify(tree, { lineWidth: 0, version: "1.1" });
}
