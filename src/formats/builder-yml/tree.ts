import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { no, ok, type Result } from "../../domain/index.ts";

/** Where something stands, so that whoever wrote it finds it. Lines are counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** What is wrong with a configuration, and what would be right. */
export interface ConfigurationProblem extends Place {
  readonly message: string;
}

/** `file:line: message`, as compilers write it. */
export function renderProblem(problem: ConfigurationProblem): string {
  return `${problem.file}:${problem.line}: ${problem.message}`;
}

/** A key of a map with its value. The place is the key's. */
export interface Entry {
  readonly at: Place;
  readonly value: Tree;
}

/** YAML as a value that still knows where each part came from, also after files have been merged. */
export type Tree =
  | { readonly kind: "scalar"; readonly at: Place; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly at: Place; readonly items: readonly Tree[] }
  | { readonly kind: "map"; readonly at: Place; readonly entries: ReadonlyMap<string, Entry> };

/** The map among the {@link Tree}s. */
export type TreeMap = Extract<Tree, { kind: "map" }>;

/** What a YAML tree may weigh after its aliases are put in: a few lines of aliases can stand for gigabytes. */
const mostNodes = 200_000;

/**
 * Reads YAML as builder v2 does (PyYAML, so YAML 1.1: `yes` is true). A key that stands twice is refused: the second
 * would replace the first without a word.
 */
export function parseTree(file: string, untrustedText: string): Result<Tree, readonly ConfigurationProblem[]> {
  const lines = new LineCounter();
  const document = parseDocument(untrustedText, { version: "1.1", lineCounter: lines, uniqueKeys: true, merge: true });
  const place = (offset: number | undefined): Place => ({ file, line: Math.max(1, lines.linePos(offset ?? 0).line) });
  if (document.errors.length > 0) {
    return no(
      document.errors.map((error) => ({
        ...place(error.pos[0]),
        message: `not YAML: ${error.message.split("\n")[0] ?? ""}`,
      })),
    );
  }
  const problems: ConfigurationProblem[] = [];
  let nodes = 0;

  const problem = (at: Place, message: string): Tree => {
    problems.push({ ...at, message });
    return { kind: "scalar", at, value: null };
  };

  const map = (node: YAMLMap.Parsed, at: Place, depth: number): Tree => {
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const keyAt = place(pair.key.range[0]);
      if (!isScalar(pair.key)) {
        problem(keyAt, "a key is to be a plain word");
        continue;
      }
      const value = convert(pair.value, keyAt, depth + 1);
      // YAML 1.1's merge key: what the named map holds is the default for this one.
      if (pair.key.value === "<<" || typeof pair.key.value === "symbol") {
        for (const source of value.kind === "list" ? value.items : [value]) {
          if (source.kind !== "map") problem(keyAt, "'<<' needs a map");
          else for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
        }
        continue;
      }
      // A fingerprint of digits only would be read as a number and change; its source text is what was meant.
      const key = typeof pair.key.value === "string" ? pair.key.value : (pair.key.source ?? String(pair.key.value));
      entries.set(key, { at: keyAt, value });
    }
    return { kind: "map", at, entries };
  };

  const convert = (node: ParsedNode | Alias | null, fallback: Place, depth: number): Tree => {
    nodes += 1;
    if (depth > 64 || nodes > mostNodes) return problem(fallback, "nested too deeply, or too large");
    if (node === null) return { kind: "scalar", at: fallback, value: null };
    const at = place(node.range?.[0]);
    if (isAlias(node)) {
      const target = node.resolve(document);
      return target === undefined
        ? problem(at, `there is no anchor '${node.source}'`)
        : convert(target as ParsedNode, at, depth + 1);
    }
    if (isMap(node)) return map(node as YAMLMap.Parsed, at, depth);
    if (isSeq(node)) {
      return { kind: "list", at, items: node.items.map((item) => convert(item as ParsedNode, at, depth + 1)) };
    }
    const value: unknown = isScalar(node) ? node.value : null;
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return { kind: "scalar", at, value };
    }
    return { kind: "scalar", at, value: isScalar(node) ? (node.source ?? String(value)) : null };
  };

  const tree = convert(document.contents, { file, line: 1 }, 0);
  return problems.length > 0 ? no(problems) : ok(tree);
}

/** The tree as plain values, as the file's own program would see it. */
export function plain(tree: Tree): unknown {
  switch (tree.kind) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(plain);
    case "map":
      return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.value)]));
  }
}
