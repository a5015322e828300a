import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Operation,
  parseSchema,
  type Selection,
  type TypeDefinition,
  type TypeReference,
  type Value,
} from "./graphql-syntax.ts";

const schema = parseSchema(readFileSync(join(import.meta.dirname, "schema.graphql"), "utf8"));

/** What is wrong with an operation by GitHub's schema: each mistake a sentence, empty where there is none. */
export function schemaMistakes(operation: Operation, variables: Readonly<Record<string, unknown>>): readonly string[] {
  const mistakes: string[] = [];
  const used = new Set<string>();

  function definition(name: string): TypeDefinition {
    const found = schema.get(name);
    if (found === undefined) throw new Error(`the schema of the lab lacks ${name}`);
    return found;
  }

  function checkValue(value: Value, wanted: TypeReference, where: string): void {
    switch (value.kind) {
      case "variable": {
        used.add(value.name);
        const declared = operation.variables.get(value.name);
        if (declared === undefined) mistakes.push(`${where}: $${value.name} is not declared`);
        else if (!fits(declared, wanted))
          mistakes.push(`${where}: $${value.name} is ${text(declared)}, not ${text(wanted)}`);
        return;
      }
      case "list":
        if (wanted.kind !== "list") mistakes.push(`${where}: a list for ${text(wanted)}`);
        else for (const item of value.items) checkValue(item, wanted.of, where);
        return;
      case "object": {
        const input = wanted.kind === "named" ? definition(wanted.name) : null;
        if (input?.kind !== "input") {
          mistakes.push(`${where}: an object for ${text(wanted)}`);
          return;
        }
        checkArguments(value.fields, new Map([...input.fields].map(([name, { type }]) => [name, type])), where);
        return;
      }
      case "enum":
        if (wanted.kind !== "named" || !definition(wanted.name).names.includes(value.name))
          mistakes.push(`${where}: ${value.name} is no ${text(wanted)}`);
        return;
      case "scalar":
        if (value.value === null ? wanted.required : !isScalar(value.value, wanted))
          mistakes.push(`${where}: ${JSON.stringify(value.value)} is no ${text(wanted)}`);
    }
  }

  function checkArguments(
    given: ReadonlyMap<string, Value>,
    known: ReadonlyMap<string, TypeReference>,
    where: string,
  ): void {
    for (const [name, value] of given) {
      const type = known.get(name);
      if (type === undefined) mistakes.push(`${where} has no ${name}`);
      else checkValue(value, type, `${where}.${name}`);
    }
    for (const [name, type] of known) {
      if (type.required && !given.has(name)) mistakes.push(`${where} lacks ${name}`);
    }
  }

  function checkSelections(selections: readonly Selection[], type: TypeDefinition): void {
    if (selections.length === 0 && type.kind !== "scalar" && type.kind !== "enum")
      mistakes.push(`${type.name} needs a selection`);
    for (const selection of selections) {
      if (selection.kind === "on") {
        checkSelections(selection.selections, definition(selection.type));
        continue;
      }
      if (selection.name === "__typename") continue;
      const field = type.fields.get(selection.name);
      if (field === undefined) {
        mistakes.push(`${type.name} has no ${selection.name}`);
        continue;
      }
      checkArguments(selection.arguments, field.arguments, `${type.name}.${selection.name}`);
      // GitHub refuses a connection that is asked for without saying how much of it.
      if (field.arguments.has("first") && !selection.arguments.has("first") && !selection.arguments.has("last"))
        mistakes.push(`${type.name}.${selection.name} needs first or last`);
      checkSelections(selection.selections, definition(innermost(field.type)));
    }
  }

  for (const [name, type] of operation.variables) {
    const problem = variableProblem(variables[name], type);
    if (problem !== null) mistakes.push(`$${name}: ${problem}`);
  }
  checkSelections(operation.selections, definition(operation.type === "query" ? "Query" : "Mutation"));
  for (const name of operation.variables.keys()) if (!used.has(name)) mistakes.push(`$${name} is never used`);
  return mistakes;
}

function innermost(type: TypeReference): string {
  return type.kind === "named" ? type.name : innermost(type.of);
}

function text(type: TypeReference): string {
  return `${type.kind === "named" ? type.name : `[${text(type.of)}]`}${type.required ? "!" : ""}`;
}

function fits(declared: TypeReference, wanted: TypeReference): boolean {
  if (wanted.required && !declared.required) return false;
  if (declared.kind === "named" && wanted.kind === "named") return declared.name === wanted.name;
  return declared.kind === "list" && wanted.kind === "list" && fits(declared.of, wanted.of);
}

function isScalar(value: string | number | boolean, type: TypeReference): boolean {
  if (type.kind !== "named") return false;
  if (type.name === "Int") return Number.isInteger(value);
  if (type.name === "Boolean") return typeof value === "boolean";
  return typeof value === "string" && ["String", "ID", "DateTime", "URI"].includes(type.name);
}

function variableProblem(value: unknown, type: TypeReference): string | null {
  if (value === undefined || value === null) return type.required ? "is missing" : null;
  if (type.kind === "list") {
    if (!Array.isArray(value)) return "is no list";
    return value.map((item) => variableProblem(item, type.of)).find((problem) => problem !== null) ?? null;
  }
  const definition = schema.get(type.name);
  if (definition?.kind === "enum") return definition.names.includes(String(value)) ? null : `is no ${type.name}`;
  return ["string", "number", "boolean"].includes(typeof value) && isScalar(value as string, type)
    ? null
    : `is no ${type.name}`;
}
