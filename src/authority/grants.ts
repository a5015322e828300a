import { type GrantName, neededGrants } from "../../commands/index.ts";
import { type Command, type Fingerprint, type Refusal, refusal } from "../domain/index.ts";
import type { BuilderConfiguration, Grant } from "../formats/builder-yml/index.ts";

/** The names that a grant is asked for; one that is absent is granted by nothing but the grants that need no name. */
export interface Wanted {
  readonly component?: string;
  readonly distribution?: string;
  readonly template?: string;
}

/** The first grant that a command of that kind needs for these names and the signer does not have; null: has all. */
export function missingGrant(grant: Grant | undefined, kind: Command["kind"], wanted: Wanted): GrantName | null {
  const needs = neededGrants(kind);
  // Absence denies: who is not listed has nothing.
  if (grant === undefined) return needs[0] ?? "components";
  return needs.find((name) => !hasGrant(grant, name, wanted)) ?? null;
}

function hasGrant(grant: Grant, name: GrantName, wanted: Wanted): boolean {
  switch (name) {
    case "components":
      return covers(grant.components, wanted.component);
    case "distributions":
      return covers(grant.distributions, wanted.distribution);
    case "templates":
      return covers(grant.templates, wanted.template);
    case "iso":
    case "hold":
    case "unhold":
    case "withdraw":
      return grant[name];
  }
}

/** Exact names only: neither `_all` nor `_ALL_` nor a part of a name grants anything. */
function covers(granted: "_all_" | readonly string[], name: string | undefined): boolean {
  if (name === undefined) return false;
  return granted === "_all_" || granted.includes(name);
}

/** The refusal for a grant that is missing. */
export function notGranted({
  signer,
  builder,
  missing,
  what,
}: {
  readonly signer: Fingerprint;
  readonly builder: BuilderConfiguration;
  readonly missing: GrantName;
  readonly what: string;
}): Refusal {
  return refusal(
    "NOT_GRANTED",
    what,
    `the key ${signer} is not granted ${what} for ${builder.release} here ('${missing}' of its grants)`,
    "ask the operator for it, or leave it to somebody to whom it is granted",
  );
}
