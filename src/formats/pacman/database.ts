/**
 * A pacman database: a gzipped tar with a directory `NAME-VERSION/` a package, and in it `desc` (and, in the files
 * database, `files`). Kept as chunks of whole packages; the last chunk is the archive's end.
 */
import { parseSha256, type Sha256 } from "../../domain/index.ts";
import { type Chunk, chunkLength, chunkOf, takesMore } from "../gzip/index.ts";
import { ownText } from "../own-text.ts";
import { readTar, renderedLength, renderTar, type TarEntry, tarEnd } from "./tar.ts";

/** One package of a database. */
export interface PacmanPackage {
  readonly name: string;
  readonly version: string;
  /** The source package (`%BASE%`), where it is said. */
  readonly base: string;
  readonly arch: string;
  /** `qubes-gui-4.3.1-1-x86_64.pkg.tar.zst` */
  readonly file: string;
  readonly sha256: Sha256;
  readonly size: number;
  /** Its entries as they stand in the database's tar. */
  readonly entries: readonly TarEntry[];
}

const filePattern = /^[A-Za-z0-9@_+][A-Za-z0-9@._+:-]*\.pkg\.tar(?:\.[a-z0-9]+)?$/;

function parsePackage(entries: readonly TarEntry[]): PacmanPackage {
  const desc = entries.find((entry) => entry.name.endsWith("/desc"))?.content.toString("utf8") ?? "";
  const field = (name: string): string => ownText(new RegExp(`(?:^|\\n)%${name}%\\n([^\\n]*)`).exec(desc)?.[1] ?? "");
  const name = field("NAME");
  const version = field("VERSION");
  const file = field("FILENAME");
  const sha256 = parseSha256(field("SHA256SUM"));
  if (!filePattern.test(file)) throw new RangeError(`pacman database: a package's file is '${file.slice(0, 80)}'`);
  if (sha256 === null) throw new RangeError(`pacman database: ${file} has no SHA-256`);
  if (entries.some((entry) => entry.name.split("/")[0] !== `${name}-${version}`)) {
    throw new RangeError(`pacman database: ${file} does not lie under ${name}-${version}`);
  }
  const base = field("BASE") || name;
  return { name, version, base, arch: field("ARCH"), file, sha256, size: Number(field("CSIZE") || "-1"), entries };
}

function groupByDirectory(entries: readonly TarEntry[]): TarEntry[][] {
  const groups = new Map<string, TarEntry[]>();
  for (const entry of entries) {
    const [directory = ""] = entry.name.split("/");
    const group = groups.get(directory);
    if (group === undefined) groups.set(directory, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}

const indexes = new WeakMap<Chunk, readonly PacmanPackage[]>();

/** The packages of one chunk; found once for each chunk. */
export function packagesOf(chunk: Chunk): readonly PacmanPackage[] {
  const known = indexes.get(chunk) ?? groupByDirectory(readTar(chunk.open)).map(parsePackage);
  indexes.set(chunk, known);
  return known;
}

/** Renders them into one buffer that the chunks share: thousands of small buffers cost a program more than one. */
function packPackages(packages: readonly PacmanPackage[]): Chunk[] {
  const rendered = renderTar(packages.flatMap((one) => one.entries));
  const chunks: Chunk[] = [];
  let from = 0;
  let to = 0;
  for (const [index, one] of packages.entries()) {
    to += renderedLength(one.entries);
    if (to - from < chunkLength && index < packages.length - 1) continue;
    chunks.push(chunkOf(rendered.subarray(from, to)));
    from = to;
  }
  return chunks;
}

/** The database in chunks of whole packages, its end apart: as it came where it is in such chunks already. */
export function readDatabase(chunks: readonly Chunk[]): readonly Chunk[] {
  const last = chunks.at(-1);
  if (chunks.length > 1 && last?.open.equals(tarEnd) === true) return chunks.slice(0, -1);
  if (last?.open.equals(tarEnd) === true) return [];
  return packPackages(groupByDirectory(readTar(Buffer.concat(chunks.map((chunk) => chunk.open)))).map(parsePackage));
}

const endChunk = chunkOf(tarEnd);

/** All members of the file that holds the database. */
export function chunksOfDatabase(chunks: readonly Chunk[]): readonly Chunk[] {
  return [...chunks, endChunk];
}

/** The database without the packages of these names and with `add` after the rest; untouched chunks stay as they are. */
export function spliceDatabase(
  chunks: readonly Chunk[],
  change: { readonly remove: ReadonlySet<string>; readonly add: readonly PacmanPackage[] },
): readonly Chunk[] {
  const result: Chunk[] = [];
  for (const chunk of chunks) {
    const packages = packagesOf(chunk);
    const kept = packages.filter((one) => !change.remove.has(one.name));
    if (kept.length === packages.length) result.push(chunk);
    else result.push(...packPackages(kept));
  }
  if (change.add.length === 0) return result;
  const last = result.at(-1);
  const joined = takesMore(last);
  if (joined) result.pop();
  return [...result, ...packPackages([...(joined ? packagesOf(last) : []), ...change.add])];
}
