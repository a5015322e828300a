/**
 * As much of GraphQL's syntax as the lab's GitHub needs: executable documents, and the definitions of a schema. For tests
 * and the demo only; nothing that the bot relies on is parsed here.
 */

/** A value as it is written: a variable, or anything else with its variables still inside. */
export type Value =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "enum"; readonly name: string }
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Value> };

/** `[ID!]!` and the like. */
export type TypeReference =
  | { readonly kind: "named"; readonly name: string; readonly required: boolean }
  | { readonly kind: "list"; readonly of: TypeReference; readonly required: boolean };

/** A field, or fields that only objects of one type have. */
export type Selection =
  | {
      readonly kind: "field";
      readonly alias: string;
      readonly name: string;
      readonly arguments: ReadonlyMap<string, Value>;
      readonly selections: readonly Selection[];
    }
  | { readonly kind: "on"; readonly type: string; readonly selections: readonly Selection[] };

/** One operation; a document of ours has exactly one. */
export interface Operation {
  readonly type: "query" | "mutation";
  readonly variables: ReadonlyMap<string, TypeReference>;
  readonly selections: readonly Selection[];
}

/** A field of a type, or (without arguments) of an input. */
export interface FieldDefinition {
  readonly type: TypeReference;
  readonly arguments: ReadonlyMap<string, TypeReference>;
}

/** One definition of a schema. */
export interface TypeDefinition {
  readonly kind: "type" | "interface" | "input" | "enum" | "union" | "scalar";
  readonly name: string;
  /** Interfaces of a type, members of a union, values of an enum. */
  readonly names: readonly string[];
  readonly fields: ReadonlyMap<string, FieldDefinition>;
}

/** A syntax error, with what stood there. */
class GraphqlSyntaxError extends Error {
  override readonly name = "GraphqlSyntaxError";
}

const token =
  /\s+|,|#[^\n]*|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+|[!$():=@[\]{|}&]/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const word = token.exec(text)?.[0];
    if (word === undefined) throw new GraphqlSyntaxError(`unexpected ${JSON.stringify(text.slice(at, at + 10))}`);
    if (!/^(?:\s|,|#|""")/.test(word)) found.push(word);
  }
  return found;
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  get next(): string {
    return this.#tokens[this.#at] ?? "";
  }

  get ended(): boolean {
    return this.#at >= this.#tokens.length;
  }

  take(wanted?: string): string {
    const { next } = this;
    if (next === "" || (wanted !== undefined && next !== wanted)) {
      throw new GraphqlSyntaxError(`expected ${wanted ?? "more"}, found ${next === "" ? "the end" : next}`);
    }
    this.#at += 1;
    return next;
  }

  takes(wanted: string): boolean {
    if (this.next !== wanted) return false;
    this.#at += 1;
    return true;
  }

  name(): string {
    const word = this.take();
    if (!/^[A-Za-z_]/.test(word)) throw new GraphqlSyntaxError(`expected a name, found ${word}`);
    return word;
  }

  until<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.takes(end)) items.push(read());
    return items;
  }
}

/** Reads a document of exactly one operation. */
export function parseOperation(text: string): Operation {
  const reader = new Reader(text);
  const type = reader.name();
  if (type !== "query" && type !== "mutation") throw new GraphqlSyntaxError(`${type} is no operation`);
  if (reader.next !== "(" && reader.next !== "{") reader.name();
  const variables = new Map(
    reader.takes("(")
      ? reader.until(")", () => {
          reader.take("$");
          const name = reader.name();
          reader.take(":");
          return [name, typeReference(reader)] as const;
        })
      : [],
  );
  const selections = selectionSet(reader);
  if (!reader.ended) throw new GraphqlSyntaxError(`unexpected ${reader.next}`);
  return { type, variables, selections };
}

function selectionSet(reader: Reader): Selection[] {
  reader.take("{");
  return reader.until("}", () => {
    if (reader.takes("...")) {
      reader.take("on");
      return { kind: "on", type: reader.name(), selections: selectionSet(reader) };
    }
    const first = reader.name();
    const name = reader.takes(":") ? reader.name() : first;
    const given = new Map(
      reader.takes("(")
        ? reader.until(")", () => {
            const argument = reader.name();
            reader.take(":");
            return [argument, value(reader)] as const;
          })
        : [],
    );
    return {
      kind: "field",
      alias: first,
      name,
      arguments: given,
      selections: reader.next === "{" ? selectionSet(reader) : [],
    };
  });
}

function value(reader: Reader): Value {
  if (reader.takes("$")) return { kind: "variable", name: reader.name() };
  if (reader.takes("[")) return { kind: "list", items: reader.until("]", () => value(reader)) };
  if (reader.takes("{")) {
    const fields = reader.until("}", () => {
      const name = reader.name();
      reader.take(":");
      return [name, value(reader)] as const;
    });
    return { kind: "object", fields: new Map(fields) };
  }
  const word = reader.take();
  if (word.startsWith('"')) return { kind: "scalar", value: JSON.parse(word) as string };
  if (/^-?[0-9]/.test(word)) return { kind: "scalar", value: Number(word) };
  if (word === "true" || word === "false") return { kind: "scalar", value: word === "true" };
  if (word === "null") return { kind: "scalar", value: null };
  return { kind: "enum", name: word };
}

function typeReference(reader: Reader): TypeReference {
  if (reader.takes("[")) {
    const of = typeReference(reader);
    reader.take("]");
    return { kind: "list", of, required: reader.takes("!") };
  }
  const name = reader.name();
  return { kind: "named", name, required: reader.takes("!") };
}

/** Reads a schema's definitions. */
export function parseSchema(text: string): ReadonlyMap<string, TypeDefinition> {
  const reader = new Reader(text);
  const definitions: TypeDefinition[] = [];
  while (!reader.ended) {
    const kind = reader.name();
    if (!isDefinition(kind)) throw new GraphqlSyntaxError(`${kind} is no definition`);
    const name = reader.name();
    const names: string[] = [];
    if (reader.takes("implements") || reader.takes("=")) {
      do names.push(reader.name());
      while (reader.takes("&") || reader.takes("|"));
    }
    const fields = new Map<string, FieldDefinition>();
    if (reader.takes("{")) {
      for (const entry of reader.until("}", () => (kind === "enum" ? reader.name() : fieldDefinition(reader)))) {
        if (typeof entry === "string") names.push(entry);
        else fields.set(...entry);
      }
    }
    definitions.push({ kind, name, names, fields });
  }
  return new Map(definitions.map((definition) => [definition.name, definition]));
}

function isDefinition(word: string): word is TypeDefinition["kind"] {
  return ["type", "interface", "input", "enum", "union", "scalar"].includes(word);
}

function fieldDefinition(reader: Reader): readonly [string, FieldDefinition] {
  const name = reader.name();
  const given = new Map(
    reader.takes("(")
      ? reader.until(")", () => {
          const argument = reader.name();
          reader.take(":");
          const type = typeReference(reader);
          if (reader.takes("=")) value(reader);
          return [argument, type] as const;
        })
      : [],
  );
  reader.take(":");
  const type = typeReference(reader);
  if (reader.takes("=")) value(reader);
  return [name, { type, arguments: given }];
}
