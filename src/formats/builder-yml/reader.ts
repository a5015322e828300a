import type { ConfigurationProblem, Entry, Place, Tree, TreeMap } from "./tree.ts";

/** Says what stands where something else should: the type, and the value where it is short. */
function describe(tree: Tree): string {
  if (tree.kind === "list") return "a list";
  if (tree.kind === "map") return "a map";
  return tree.value === null ? "nothing" : `'${String(tree.value).slice(0, 60)}'`;
}

/**
 * Reads values out of a tree, each with the one type that it may have, and collects what is wrong: whoever mends a
 * file wants to see all of it at once. A wrong value is answered with the default; nobody uses the result once there is
 * a problem.
 */
export class TreeReader {
  readonly problems: ConfigurationProblem[] = [];

  /** Records a problem. */
  complain(at: Place, message: string): void {
    this.problems.push({ file: at.file, line: at.line, message });
  }

  /** The entry where it is there and not empty: `key:` with nothing after it is the same as no key. */
  entry(map: TreeMap | null, key: string): Entry | null {
    const found = map?.entries.get(key);
    return found === undefined || (found.value.kind === "scalar" && found.value.value === null) ? null : found;
  }

  map(map: TreeMap | null, key: string): TreeMap | null {
    const found = this.entry(map, key);
    if (found === null) return null;
    if (found.value.kind === "map") return found.value;
    this.complain(found.at, `${key} is to be a map, here is ${describe(found.value)}`);
    return null;
  }

  list(map: TreeMap | null, key: string): readonly Tree[] | null {
    const found = this.entry(map, key);
    if (found === null) return null;
    if (found.value.kind === "list") return found.value.items;
    this.complain(found.at, `${key} is to be a list, here is ${describe(found.value)}`);
    return null;
  }

  string(map: TreeMap | null, key: string): { value: string; at: Place } | null {
    const found = this.entry(map, key);
    if (found === null) return null;
    if (found.value.kind === "scalar" && typeof found.value.value === "string") {
      return { value: found.value.value, at: found.value.at };
    }
    this.complain(found.at, `${key} is to be a text (in quotes), here is ${describe(found.value)}`);
    return null;
  }

  boolean(map: TreeMap | null, key: string, absent: boolean): boolean {
    const found = this.entry(map, key);
    if (found === null) return absent;
    if (found.value.kind === "scalar" && typeof found.value.value === "boolean") return found.value.value;
    this.complain(found.at, `${key} is to be true or false, here is ${describe(found.value)}`);
    return absent;
  }

  /** A whole number from `least` to `most`. */
  integer(map: TreeMap | null, key: string, absent: number, range: readonly [least: number, most: number]): number {
    const found = this.entry(map, key);
    if (found === null) return absent;
    const value = found.value.kind === "scalar" ? found.value.value : null;
    if (typeof value === "number" && Number.isInteger(value) && value >= range[0] && value <= range[1]) return value;
    this.complain(
      found.at,
      `${key} is to be a whole number from ${range[0]} to ${range[1]}, here is ${describe(found.value)}`,
    );
    return absent;
  }

  /** One of a few words. */
  word<T extends string>(map: TreeMap | null, key: string, words: readonly T[], absent: T): T {
    const found = this.string(map, key);
    if (found === null) return absent;
    const word = words.find((candidate) => candidate === found.value);
    if (word === undefined) this.complain(found.at, `${key} is to be one of ${words.join(", ")}, not '${found.value}'`);
    return word ?? absent;
  }

  /** A text that a parser accepts. */
  parsed<T>(map: TreeMap | null, key: string, parse: (untrusted: string) => T | null, kind: string): T | null {
    const found = this.string(map, key);
    if (found === null) return null;
    const value = parse(found.value);
    if (value === null) this.complain(found.at, `${key}: '${found.value}' is not ${kind}`);
    return value;
  }

  /** A list of texts that a parser accepts; null where the key is not there. */
  parsedList<T>(map: TreeMap | null, key: string, parse: (untrusted: string) => T | null, kind: string): T[] | null {
    const items = this.list(map, key);
    return items === null ? null : this.parsedItems(items, key, parse, kind);
  }

  /** The texts of a list that a parser accepts. */
  parsedItems<T>(items: readonly Tree[], key: string, parse: (untrusted: string) => T | null, kind: string): T[] {
    const result: T[] = [];
    for (const item of items) {
      const value = item.kind === "scalar" && typeof item.value === "string" ? parse(item.value) : null;
      if (value === null) this.complain(item.at, `${key}: ${describe(item)} is not ${kind}`);
      else result.push(value);
    }
    return result;
  }
}
