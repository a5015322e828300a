import { isMap, isScalar, isSeq, type LineCounter, type Node, type YAMLMap } from "yaml";
import type { Finding } from "./infrastructure.ts";
import { nearestWord } from "./suggestion.ts";

/** The YAML value of a key, and the line to blame for it. */
export interface Value {
  readonly node: Node | null;
  readonly line: number;
  /** `build-envs.fedora.logs` */
  readonly path: string;
}

/**
 * Walks a YAML document and takes down what is wrong, with its line, so that all mistakes are told at once. A value of
 * the wrong type is a mistake and reads as its default: nothing is rendered from a file with mistakes.
 */
export class Tree {
  readonly mistakes: Finding[] = [];
  readonly warnings: Finding[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  mistake({ line, path }: Pick<Value, "line" | "path">, message: string): void {
    this.mistakes.push({ file: this.#file, line, message: path === "" ? message : `${path}: ${message}` });
  }

  warning({ line, path }: Pick<Value, "line" | "path">, message: string): void {
    this.warnings.push({ file: this.#file, line, message: path === "" ? message : `${path}: ${message}` });
  }

  lineOf(node: Node | null | undefined): number {
    const offset = node?.range?.[0];
    return offset === undefined ? 1 : this.#lines.linePos(offset).line;
  }

  /** The keys of a map; a list of one-key maps, as some pillars have it, is read the same. Null where it is neither. */
  entries(value: Value): ReadonlyMap<string, Value> | null {
    const { node } = value;
    if (node === null || (isScalar(node) && node.value === null)) return new Map();
    const maps = isSeq(node) ? node.items : [node];
    if (!maps.every((item): item is YAMLMap => isMap(item))) {
      this.mistake(value, `a map is expected, ${kindOf(node)} is there`);
      return null;
    }
    const found = new Map<string, Value>();
    for (const { key, value: content } of maps.flatMap((map) => map.items)) {
      const name = isScalar(key) ? String(key.value) : "";
      const path = value.path === "" ? name : `${value.path}.${name}`;
      const entry = { node: (content as Node | null) ?? null, line: this.lineOf(key as Node), path };
      if (found.has(name)) this.mistake(entry, "is there twice");
      found.set(name, entry);
    }
    return found;
  }

  /** The keys of a map that may only be these; others are warned about, with what was probably meant. */
  fields<Name extends string>(value: Value, known: readonly Name[]): ReadonlyMap<Name, Value> {
    const fields = new Map<Name, Value>();
    for (const [name, entry] of this.entries(value) ?? []) {
      const match = known.find((candidate) => candidate === name);
      if (match !== undefined) {
        fields.set(match, entry);
        continue;
      }
      const near = nearestWord(name, known);
      this.warning(entry, `is not known and is ignored${near === null ? "" : `; did you mean '${near}'?`}`);
    }
    return fields;
  }

  /** A text, or a number where one is written without quotes. Null where it is something else. */
  text(value: Value): string | null {
    const scalar = isScalar(value.node) ? value.node.value : undefined;
    if (typeof scalar === "string") return scalar;
    // What is meant may look like a number to YAML: release 4.2, an openQA key.
    if (typeof scalar === "number" && isScalar(value.node)) return value.node.source ?? String(scalar);
    this.mistake(value, `a text is expected, ${kindOf(value.node)} is there`);
    return null;
  }

  /** A text that a parser makes something of; `what` says what it should have been. */
  parsed<T>(value: Value | undefined, parse: (untrusted: string) => T | null, what: string): T | null {
    if (value === undefined) return null;
    const text = this.text(value);
    if (text === null) return null;
    const parsed = parse(text);
    if (parsed === null) this.mistake(value, `'${shorten(text)}' is not ${what}`);
    return parsed;
  }

  boolean(value: Value | undefined, absent: boolean): boolean {
    if (value === undefined) return absent;
    const scalar = isScalar(value.node) ? value.node.value : undefined;
    if (typeof scalar === "boolean") return scalar;
    this.mistake(value, `true or false is expected, ${kindOf(value.node)} is there`);
    return absent;
  }

  /** A list of texts, each parsed. */
  list<T>(value: Value | undefined, parse: (untrusted: string) => T | null, what: string): readonly T[] {
    if (value === undefined) return [];
    if (!isSeq(value.node)) {
      this.mistake(value, `a list is expected, ${kindOf(value.node)} is there`);
      return [];
    }
    return value.node.items.flatMap((item) => {
      const node = item as Node;
      const parsed = this.parsed({ node, line: this.lineOf(node), path: value.path }, parse, what);
      return parsed === null ? [] : [parsed];
    });
  }
}

function kindOf(node: Node | null): string {
  if (isMap(node)) return "a map";
  if (isSeq(node)) return "a list";
  const value = isScalar(node) ? node.value : null;
  return value === null ? "nothing" : typeof value === "string" ? "a text" : `the ${typeof value} ${String(value)}`;
}

function shorten(text: string): string {
  const line = text.split("\n")[0] ?? "";
  return line.length > 60 || line !== text ? `${line.slice(0, 60)}…` : line;
}
