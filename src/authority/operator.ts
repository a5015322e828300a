import {
  no,
  ok,
  type Refusal,
  type Result,
  refusal,
  type TraceId,
  type UploadComponent,
  type UploadTemplate,
} from "../domain/index.ts";
import type { BuilderConfiguration } from "../formats/builder-yml/index.ts";
import { AuthorizedCommand, type Target } from "./authorized-command.ts";

/**
 * Authorizes what the operator orders by `release-bot promote --local`: whoever has a shell in the build qube needs no
 * grant. Never reached from a comment: a comment's lines go through {@link authorize}. Refuses names that the builder has not.
 */
export function authorizeOperator(order: {
  readonly command: UploadComponent | UploadTemplate;
  readonly line: string;
  readonly builder: BuilderConfiguration;
  readonly trace: TraceId;
}): Result<AuthorizedCommand, Refusal> {
  const { command, line, builder, trace } = order;
  if (builder.release !== command.release) return unknown("RELEASE_UNKNOWN", command.release);
  const target = command.kind === "upload-template" ? templateOf(command, builder) : componentOf(command, builder);
  if (!target.ok) return target;
  return ok(
    new AuthorizedCommand({ command, line, authority: { kind: "operator", trace }, builder, target: target.value }),
  );
}

function templateOf(command: UploadTemplate, builder: BuilderConfiguration): Result<Target, Refusal> {
  const template = builder.templates.find(({ name }) => name === command.template);
  return template === undefined ? unknown("TEMPLATE_UNKNOWN", command.template) : ok({ kind: "template", template });
}

function componentOf(command: UploadComponent, builder: BuilderConfiguration): Result<Target, Refusal> {
  const { component, distributions: selection } = command;
  if (!builder.components.some(({ name }) => name === component)) return unknown("COMPONENT_UNKNOWN", component);
  const absent = selection.kind === "named" ? selection.names.find((name) => !has(builder, name)) : undefined;
  if (absent !== undefined) return unknown("DISTRIBUTION_UNKNOWN", absent);
  const [first, ...others] = builder.distributions.filter(
    ({ name }) => selection.kind === "all" || selection.names.includes(name),
  );
  if (first === undefined) return unknown("DISTRIBUTION_UNKNOWN", "all");
  return ok({ kind: "component", component, distributions: [first, ...others] });
}

function has(builder: BuilderConfiguration, name: string): boolean {
  return builder.distributions.some((distribution) => distribution.name === name);
}

function unknown(
  code: "RELEASE_UNKNOWN" | "COMPONENT_UNKNOWN" | "DISTRIBUTION_UNKNOWN" | "TEMPLATE_UNKNOWN",
  name: string,
): { readonly ok: false; readonly error: Refusal } {
  return no(refusal(code, name, `this builder has no '${name}'`, "see the builder's configuration"));
}
