import type { Operation, Selection, Value } from "./graphql-syntax.ts";

/** An object of the graph: its fields are values, or functions of the field's arguments. */
export interface GraphObject {
  readonly __typename: string;
  readonly [field: string]: unknown;
}

/** An error as GitHub puts it into an answer. */
export interface GraphError {
  readonly type: string;
  readonly path: readonly string[];
  readonly message: string;
}

/** Thrown by a field: it becomes null, and the error stands in the answer beside the other fields. */
export class FieldError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** Runs an operation, the fields of a mutation one after the other. */
export async function runOperation(
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  root: GraphObject,
): Promise<{ data: Record<string, unknown>; errors: GraphError[] }> {
  const errors: GraphError[] = [];

  async function fields(object: GraphObject, selections: readonly Selection[], path: readonly string[]) {
    const answer: Record<string, unknown> = {};
    for (const selection of selections) {
      if (selection.kind === "on") {
        if (selection.type === object.__typename)
          Object.assign(answer, await fields(object, selection.selections, path));
        continue;
      }
      const here = [...path, selection.alias];
      try {
        const given = Object.fromEntries(
          [...selection.arguments].map(([name, value]) => [name, plain(value, variables)]),
        );
        if (!(selection.name in object)) throw new FieldError("NOT_IMPLEMENTED", `no ${selection.name} in the lab`);
        const field = object[selection.name];
        const value: unknown = typeof field === "function" ? await field(given) : field;
        answer[selection.alias] = await complete(value, selection.selections, here);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        errors.push({ type: error.type, path: here, message: error.message });
        answer[selection.alias] = null;
      }
    }
    return answer;
  }

  async function complete(value: unknown, selections: readonly Selection[], path: readonly string[]): Promise<unknown> {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(await complete(item, selections, path));
      return items;
    }
    return selections.length === 0 ? value : fields(value as GraphObject, selections, path);
  }

  return { data: await fields(root, operation.selections, []), errors };
}

function plain(value: Value, variables: Readonly<Record<string, unknown>>): unknown {
  switch (value.kind) {
    case "variable":
      return variables[value.name] ?? null;
    case "enum":
      return value.name;
    case "scalar":
      return value.value;
    case "list":
      return value.items.map((item) => plain(item, variables));
    case "object":
      return Object.fromEntries([...value.fields].map(([name, field]) => [name, plain(field, variables)]));
  }
}
