import { no, ok, type Refusal, type Result, refusal, type TraceId, type UploadComponent } from "../domain/index.ts";
import type { BuilderConfiguration } from "../formats/builder-yml/index.ts";
import { AuthorizedCommand } from "./authorized-command.ts";

/**
 * Authorizes what the operator orders by `release-bot promote --local`: whoever has a shell in the build qube needs no
 * grant. Never reached from a comment: a comment's lines go through {@link authorize}. Refuses names that the builder has not.
 */
export function authorizeOperator(order: {
  readonly command: UploadComponent;
  readonly line: string;
  readonly builder: BuilderConfiguration;
  readonly trace: TraceId;
}): Result<AuthorizedCommand, Refusal> {
  const { command, line, builder, trace } = order;
  const { component, distributions: selection, release } = command;
  if (builder.release !== release) return unknown("RELEASE_UNKNOWN", release);
  if (!builder.components.some(({ name }) => name === component)) return unknown("COMPONENT_UNKNOWN", component);
  const absent = selection.kind === "named" ? selection.names.find((name) => !has(builder, name)) : undefined;
  if (absent !== undefined) return unknown("DISTRIBUTION_UNKNOWN", absent);
  const [first, ...others] = builder.distributions.filter(
    ({ name }) => selection.kind === "all" || selection.names.includes(name),
  );
  if (first === undefined) return unknown("DISTRIBUTION_UNKNOWN", "all");
  const target = { kind: "component", component, distributions: [first, ...others] } as const;
  return ok(new AuthorizedCommand({ command, line, authority: { kind: "operator", trace }, builder, target }));
}

function has(builder: BuilderConfiguration, name: string): boolean {
  return builder.distributions.some((distribution) => distribution.name === name);
}

function unknown(
  code: "RELEASE_UNKNOWN" | "COMPONENT_UNKNOWN" | "DISTRIBUTION_UNKNOWN",
  name: string,
): { readonly ok: false; readonly error: Refusal } {
  return no(refusal(code, name, `this builder has no '${name}'`, "see the builder's configuration"));
}
