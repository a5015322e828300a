import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import type { Exchange } from "../../src/lab/github/index.ts";

interface Reference {
  readonly $ref: string;
}
interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: { readonly type: string };
}
interface Content {
  readonly required?: boolean;
  readonly content?: { readonly "application/json": { readonly schema: object } };
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly (Parameter | Reference)[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content | Reference>>;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

const file = join(import.meta.dirname, "../vectors/github-openapi.json");
const { paths, components } = asJsonSchema(JSON.parse(readFileSync(file, "utf8"))) as Description;
const templates = Object.keys(paths)
  .map((template) => ({ template, path: new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`) }))
  // `/issues/comments` is no `/issues/{issue_number}`.
  .sort((one, other) => one.template.split("{").length - other.template.split("{").length);

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: {
    "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
    uri: (text: string) => URL.canParse(text),
    int64: { type: "number", validate: Number.isSafeInteger },
  },
});

/** OpenAPI 3.0 writes `nullable` where JSON Schema has a type for null. */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== "object" || value === null) return value;
  const { nullable, ...others } = Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, asJsonSchema(one)]),
  );
  if (nullable === undefined) return others;
  return nullable === true ? { anyOf: [others, { type: "null" }] } : { ...others, nullable };
}

function resolved<Part extends object>(part: Part | Reference): Part {
  if (!("$ref" in part)) return part;
  const [, kind = "", name = ""] = /^#\/components\/(\w+)\/(.+)$/.exec(part.$ref) ?? [];
  return components[kind]?.[name] as Part;
}

/** GitHub ignores what it does not know; a name that it does not know is nevertheless a mistake of ours. */
function closed(schema: object): object {
  if ("properties" in schema) return { additionalProperties: false, ...schema };
  if ("oneOf" in schema) return { ...schema, oneOf: (schema.oneOf as object[]).map(closed) };
  return schema;
}

function problems(schema: object, value: unknown, what: string): string[] {
  const validate = ajv.compile({ ...schema, components });
  return validate(value) ? [] : [ajv.errorsText(validate.errors, { dataVar: what })];
}

function parameterProblems(operation: Operation, given: ReadonlyMap<string, string>): string[] {
  const parameters = operation.parameters.map((parameter) => resolved<Parameter>(parameter));
  const known = new Set(parameters.map(({ name }) => name));
  return [
    ...[...given.keys()].filter((name) => !known.has(name)).map((name) => `there is no parameter ${name}`),
    ...parameters.flatMap(({ name, required, schema }) => {
      const text = given.get(name);
      if (text === undefined) return required ? [`the parameter ${name} is missing`] : [];
      const value = schema.type === "integer" && /^[0-9]+$/.test(text) ? Number(text) : text;
      // The largest page is described in words only.
      const larger = name === "per_page" && Number(text) > 100 ? ["per_page is more than 100"] : [];
      return [...problems(schema, value, name), ...larger];
    }),
  ];
}

function bodyProblems({ requestBody }: Operation, body: unknown): string[] {
  const schema = requestBody?.content?.["application/json"].schema;
  if (schema === undefined) return body === undefined ? [] : ["a body where none is described"];
  if (body === undefined) return requestBody?.required === true ? ["a body is missing"] : [];
  return problems(closed(schema), body, "request");
}

function answerProblems({ responses }: Operation, { status, body }: Exchange["answer"]): string[] {
  const described = responses[String(status)];
  if (described === undefined) return [`no answer ${status} is described`];
  const schema = resolved<Content>(described).content?.["application/json"].schema;
  return schema === undefined ? [] : problems(schema, JSON.parse(JSON.stringify(body)), "answer");
}

/**
 * What GitHub's own OpenAPI description says against a request of ours, and against the answer of the tests' GitHub. An
 * answer that stands in no description of the operation is an error of the lab, unless it is one of the faults.
 */
export function contractProblems({ request, answer }: Exchange): string[] {
  if (request.path === "/graphql") return [];
  const { pathname, searchParams } = new URL(request.path, "http://github");
  const found = templates
    .map(({ template, path }) => ({ groups: path.exec(pathname)?.groups, template }))
    .find(({ groups, template }) => groups !== undefined && request.method.toLowerCase() in (paths[template] ?? {}));
  const operation = paths[found?.template ?? ""]?.[request.method.toLowerCase()];
  if (operation === undefined) return [`${request.method} ${request.path}: not an operation that is described`];
  return [
    ...parameterProblems(operation, new Map([...Object.entries(found?.groups ?? {}), ...searchParams])),
    ...bodyProblems(operation, request.body),
    ...answerProblems(operation, answer),
  ].map((problem) => `${operation.operationId}: ${problem}`);
}
