import type { Entry, Tree, TreeMap } from "./tree.ts";

/** The name of a list's item: the word itself, or the key of a one-key map with options. */
export function itemName(item: Tree): string | null {
  if (item.kind === "scalar") return typeof item.value === "string" ? item.value : null;
  if (item.kind !== "map" || item.entries.size !== 1) return null;
  const [name] = item.entries.keys();
  return name ?? null;
}

/** `+KEY`: what the included list does not have is appended; an item of the same name is merged where it stands. */
function appendList(base: readonly Tree[], added: readonly Tree[]): Tree[] {
  const result = [...base];
  for (const item of added) {
    const name = itemName(item);
    const index = name === null ? -1 : result.findIndex((candidate) => itemName(candidate) === name);
    const present = result[index];
    if (present === undefined) result.push(item);
    else if (item.kind === "map") result[index] = present.kind === "map" ? mergeMaps(present, item) : item;
  }
  return result;
}

function mergeEntry(base: Entry | undefined, later: Entry, mode: "replace" | "append"): Entry {
  const [old, value] = [base?.value, later.value];
  if (old?.kind === "map" && value.kind === "map") return { at: later.at, value: mergeMaps(old, value) };
  if (mode === "append" && old?.kind === "list" && value.kind === "list") {
    return { at: later.at, value: { ...value, items: appendList(old.items, value.items) } };
  }
  // A map that stands over nothing still has its own `+KEY`s to fold in.
  return value.kind === "map" ? { at: later.at, value: foldAppends(value) } : later;
}

/**
 * Merges as builder v2 merges a file over what it includes: later wins, maps merge deeply, lists are replaced, and
 * `+KEY` appends to the list KEY.
 */
export function mergeMaps(base: TreeMap, later: TreeMap): TreeMap {
  const entries = new Map(base.entries);
  for (const [key, entry] of later.entries) {
    const append = key.startsWith("+") && key.length > 1;
    const name = append ? key.slice(1) : key;
    entries.set(name, mergeEntry(entries.get(name), entry, append ? "append" : "replace"));
  }
  return { kind: "map", at: later.at, entries };
}

/** The map with each `+KEY` folded into its KEY, as merging it over an empty map does. */
function foldAppends(map: TreeMap): TreeMap {
  return mergeMaps({ kind: "map", at: map.at, entries: new Map() }, map);
}
