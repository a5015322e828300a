import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { no, ok, type Result } from "../../domain/index.ts";
import {
  type ConfigurationProblem,
  mergeMaps,
  type Place,
  parseTree,
  type Tree,
  type TreeMap,
} from "../../formats/builder-yml/index.ts";
import { type FileStamp, stampFile } from "./unchanged.ts";

/** Maps absolute includes of another checkout to where it lies here: `/home/user/qubes-builderv2` → this directory. */
export interface IncludeRoot {
  readonly from: string;
  readonly to: string;
}

/** A configuration's merged tree and the files that it came from. */
export interface ReadTree {
  readonly tree: TreeMap;
  /** In the order in which they were read, each as it stood then. */
  readonly files: readonly FileStamp[];
}

/** Real ones have under 1,000 lines; the limit keeps a wrong path (a disk image, say) out of memory. */
const mostBytes = 4 << 20;

function locate(written: string, from: string, roots: readonly IncludeRoot[]): string {
  for (const { from: old, to } of roots) {
    const root = old.replace(/\/+$/, "");
    if (written === root || written.startsWith(`${root}/`)) return join(to, written.slice(root.length));
  }
  return isAbsolute(written) ? written : resolve(dirname(from), written);
}

function readText(file: string, at: Place): Result<string, readonly ConfigurationProblem[]> {
  try {
    if (statSync(file).size > mostBytes) return no([{ ...at, message: `${file} is larger than ${mostBytes} bytes` }]);
    return ok(readFileSync(file, "utf8"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return no([
      {
        ...at,
        message:
          code === "ENOENT"
            ? `there is no file ${file} (--include-root OLD=NEW reads it from elsewhere)`
            : `${file} cannot be read: ${code}`,
      },
    ]);
  }
}

/** The paths that `include:` names, each with its place. */
function includes(map: TreeMap): Result<readonly { path: string; at: Place }[], readonly ConfigurationProblem[]> {
  const entry = map.entries.get("include");
  if (entry === undefined || (entry.value.kind === "scalar" && entry.value.value === null)) return ok([]);
  if (entry.value.kind !== "list") return no([{ ...entry.at, message: "include is to be a list of files" }]);
  const paths: { path: string; at: Place }[] = [];
  for (const item of entry.value.items) {
    if (item.kind !== "scalar" || typeof item.value !== "string") {
      return no([{ ...item.at, message: "include: each item is to be a file's path" }]);
    }
    paths.push({ path: item.value, at: item.at });
  }
  return ok(paths);
}

function withoutInclude(map: TreeMap): TreeMap {
  return { ...map, entries: new Map([...map.entries].filter(([key]) => key !== "include")) };
}

/** Reads a YAML file and all that it includes, merged as builder v2 merges them. */
export function readTree(
  file: string,
  roots: readonly IncludeRoot[],
): Result<ReadTree, readonly ConfigurationProblem[]> {
  const files: FileStamp[] = [];

  const read = (
    path: string,
    at: Place,
    above: readonly string[],
  ): Result<TreeMap, readonly ConfigurationProblem[]> => {
    if (above.includes(path)) return no([{ ...at, message: `${path} includes itself` }]);
    files.push(stampFile(path));
    const text = readText(path, at);
    if (!text.ok) return text;
    const parsed: Result<Tree, readonly ConfigurationProblem[]> = parseTree(path, text.value);
    if (!parsed.ok) return parsed;
    if (parsed.value.kind !== "map")
      return no([{ ...parsed.value.at, message: "a configuration is to be a map of keys" }]);
    const named = includes(parsed.value);
    if (!named.ok) return named;
    let merged: TreeMap = { kind: "map", at: parsed.value.at, entries: new Map() };
    for (const include of named.value) {
      const included = read(locate(include.path, path, roots), include.at, [...above, path]);
      if (!included.ok) return included;
      merged = mergeMaps(merged, included.value);
    }
    return ok(mergeMaps(merged, withoutInclude(parsed.value)));
  };

  const tree = read(file, { file, line: 1 }, []);
  return tree.ok ? ok({ tree: tree.value, files }) : tree;
}
