import { nearest } from "../../commands/index.ts";
import { type Refusal, type RefusalCode, refusal } from "../domain/index.ts";
import type { BuilderConfiguration } from "../formats/builder-yml/index.ts";

/** The names that all environments together serve. */
export interface KnownNames {
  readonly releases: readonly string[];
  readonly components: readonly string[];
  readonly templates: readonly string[];
  readonly distributions: readonly string[];
}

/** What one build qube serves, and whether it is the one that speaks for all when nobody serves what is named. */
export interface Environment {
  readonly builders: readonly BuilderConfiguration[];
  /** Null but in the one environment with `answers-unknown: true`: what the *others* serve. */
  readonly known: KnownNames | null;
}

/** Which kind of name nobody serves. */
type NameKind = keyof KnownNames;

const unknownCodes: Readonly<Record<NameKind, { readonly code: RefusalCode; readonly noun: string }>> = {
  releases: { code: "RELEASE_UNKNOWN", noun: "release" },
  components: { code: "COMPONENT_UNKNOWN", noun: "component" },
  templates: { code: "TEMPLATE_UNKNOWN", noun: "template" },
  distributions: { code: "DISTRIBUTION_UNKNOWN", noun: "distribution" },
};

/** Every name of that kind that some environment serves, as far as this one knows. */
function namesServed(environment: Environment, kind: NameKind): readonly string[] {
  const ours = environment.builders.flatMap((builder) => namesOf(builder, kind));
  return [...new Set([...ours, ...(environment.known?.[kind] ?? [])])];
}

function namesOf(builder: BuilderConfiguration, kind: NameKind): readonly string[] {
  switch (kind) {
    case "releases":
      return [builder.release];
    case "components":
      return builder.components.map(({ name }) => name);
    case "templates":
      return builder.templates.map(({ name }) => name);
    case "distributions":
      return builder.distributions.map(({ name }) => name);
  }
}

/** A name that is not served here. */
export interface UnknownName {
  readonly kind: NameKind;
  readonly name: string;
  /** What it was named for: a release, a component; null for a release itself. */
  readonly of: string | null;
}

/** The refusal of a name that no environment serves; null where this environment is not the one to say so, or one serves it. */
export function refuseUnknown(environment: Environment, unknown: UnknownName): Refusal | null {
  const { kind, name, of } = unknown;
  if (environment.known === null || environment.known[kind].includes(name)) return null;
  const { code, noun } = unknownCodes[kind];
  const near = nearest(name, namesServed(environment, kind));
  const remedy = near === null || near === name ? `name a ${noun} that is built` : `did you mean '${near}'?`;
  return refusal(code, name, `no environment serves the ${noun} '${name}'${of === null ? "" : ` for ${of}`}`, remedy);
}
