import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import type { Exchange } from "../../src/lab/github/index.ts";

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query?: object;
  readonly body?: object;
  readonly answers: Readonly<Record<string, object>>;
}

const file = join(import.meta.dirname, "../vectors/github-openapi.json");
const { schemas, operations } = JSON.parse(readFileSync(file, "utf8")) as {
  schemas: object;
  operations: readonly Operation[];
};
const ajv = new Ajv({ strict: false, allErrors: true });
const compiled = new Map<object, ValidateFunction>();

function problems(schema: object, value: unknown): string[] {
  const validate = compiled.get(schema) ?? ajv.compile({ ...schema, schemas });
  compiled.set(schema, validate);
  return validate(value) ? [] : [ajv.errorsText(validate.errors)];
}

/**
 * What GitHub's own OpenAPI description says against a request of ours, and against the answer of the tests' GitHub. An
 * answer that stands in no description of the operation is an error of the lab, unless it is one of the faults.
 */
export function contractProblems({ request, answer }: Exchange): string[] {
  if (request.path === "/graphql") return [];
  const url = new URL(request.path, "http://github");
  const operation = operations.find(
    ({ method, path }) => method === request.method && new RegExp(path).test(url.pathname),
  );
  if (operation === undefined) return [`${request.method} ${request.path}: not an operation that is described`];
  const described = operation.answers[String(answer.status)];
  return [
    ...(operation.query === undefined ? [] : problems(operation.query, Object.fromEntries(url.searchParams))),
    ...(operation.body === undefined ? [] : problems(operation.body, request.body ?? {})),
    ...(described === undefined ? [`answer ${answer.status}`] : problems(described, asSent(answer.body))),
  ].map((problem) => `${operation.id}: ${problem}`);
}

/** The lab cuts times to whole seconds when it sends them. */
function asSent(body: unknown): unknown {
  const text = JSON.stringify(body).replace(/(T\d\d:\d\d:\d\d)\.\d+Z"/g, '$1Z"');
  return JSON.parse(text) as unknown;
}
