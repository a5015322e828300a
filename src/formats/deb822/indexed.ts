import { parseSha256, type Sha256 } from "../../domain/index.ts";
import { ownText } from "../own-text.ts";
import { parseFields } from "./stanza-list.ts";

/** A file that a stanza refers to; `path` is relative to the archive (the directory that holds `dists/`). */
export interface IndexedFile {
  readonly path: string;
  readonly sha256: Sha256;
  readonly size: number;
}

/** What a stanza of Packages or Sources says. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  /** `source` in Sources. */
  readonly arch: string;
  /** The source package's name, and its version. */
  readonly source: string;
  readonly sourceVersion: string;
  readonly files: readonly IndexedFile[];
}

/** Nothing that leads out of the archive, and no hidden names. */
const pathPattern = /^(?:[A-Za-z0-9_+~][A-Za-z0-9_.+~:=-]*\/){0,8}[A-Za-z0-9_+~][A-Za-z0-9_.+~:=%-]*$/;

function fileAt(path: string, sha256: string | undefined, size: string | undefined): IndexedFile {
  const clean = path.replace(/^\.\//, "");
  const hash = parseSha256(sha256 ?? "");
  if (!pathPattern.test(clean)) throw new RangeError(`a stanza names the file '${path.slice(0, 80)}'`);
  if (hash === null) throw new RangeError(`a stanza gives no SHA-256 of ${clean}`);
  return { path: ownText(clean), sha256: ownText(hash) as Sha256, size: Number(size ?? "-1") };
}

/** Reads a stanza of Packages. Throws RangeError where a needed field is missing. */
export function parsePackagesStanza(stanza: Buffer): IndexedPackage {
  const fields = parseFields(stanza.toString("utf8"));
  const need = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined || value === "") throw new RangeError(`Packages: a stanza without ${name}`);
    return value;
  };
  const name = need("package");
  const version = need("version");
  // "Source: NAME (VERSION)" where they differ from the binary's own.
  const source = /^([^\s(]+)(?:\s*\(([^)]+)\))?$/.exec(fields.get("source") ?? name);
  return {
    name: ownText(name),
    version: ownText(version),
    arch: need("architecture"),
    source: ownText(source?.[1] ?? name),
    sourceVersion: ownText(source?.[2] ?? version),
    files: [fileAt(need("filename"), fields.get("sha256"), fields.get("size"))],
  };
}

/** Reads a stanza of Sources. Throws RangeError where a needed field is missing. */
export function parseSourcesStanza(stanza: Buffer): IndexedPackage {
  const fields = parseFields(stanza.toString("utf8"));
  const name = fields.get("package");
  const version = fields.get("version");
  const directory = fields.get("directory");
  const listed = fields.get("checksums-sha256");
  if (name === undefined || version === undefined || directory === undefined || listed === undefined) {
    throw new RangeError("Sources: a stanza without package, version, directory or checksums-sha256");
  }
  const files = listed
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.length === 3)
    .map(([sha256, size, file]) => fileAt(`${directory}/${file}`, sha256, size));
  const own = { name: ownText(name), version: ownText(version) };
  return { ...own, arch: "source", source: own.name, sourceVersion: own.version, files };
}
