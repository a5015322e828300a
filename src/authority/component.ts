import type {
  BuildComponent,
  Distribution,
  Fingerprint,
  Hold,
  Refusal,
  UploadComponent,
  WithdrawComponent,
} from "../domain/index.ts";
import type { BuilderConfiguration } from "../formats/builder-yml/index.ts";
import type { Target } from "./authorized-command.ts";
import { type Environment, refuseUnknown } from "./environment.ts";
import { missingGrant, notGranted } from "./grants.ts";
import type { LedgerView } from "./ports.ts";

/** A command about a component. */
export type ComponentCommand = UploadComponent | BuildComponent | Hold | WithdrawComponent;

/** Where in this environment a command may act, or why not; no match at all where nothing of it is served here. */
export interface Matches {
  readonly targets: readonly { readonly builder: BuilderConfiguration; readonly target: Target }[];
  readonly refusal: Refusal | null;
}

/** Finds what of a command about a component is served here and granted to the signer. */
export function matchComponent(
  command: ComponentCommand,
  signer: Fingerprint,
  environment: Environment,
  ledger: LedgerView,
): Matches {
  const builders = environment.builders.filter(
    ({ release, components }) =>
      release === command.release && components.some(({ name }) => name === command.component),
  );
  const unknown = refuseUnknownNames(command, builders, environment);
  if (unknown !== null) return { targets: [], refusal: unknown };

  const targets: { builder: BuilderConfiguration; target: Target }[] = [];
  let silenced: Refusal | null = null;
  for (const builder of builders) {
    const named = served(command, builder);
    const granted = named.filter(({ name }) => isGrantedNames(command, signer, builder, name));
    const lacking = named.find((distribution) => !granted.includes(distribution));
    if (command.distributions.kind === "named" && lacking !== undefined) {
      return { targets: [], refusal: refuse(command, signer, builder, lacking) };
    }
    const [first, ...others] = granted;
    if (first === undefined) {
      if (lacking !== undefined) silenced = refuse(command, signer, builder, lacking);
      continue;
    }
    for (const distribution of granted) {
      const refused = refuseSpecial(command, signer, builder, distribution, ledger);
      if (refused !== null) return { targets: [], refusal: refused };
    }
    const target: Target = { kind: "component", component: command.component, distributions: [first, ...others] };
    targets.push({ builder, target });
  }
  // `all` that grants nothing here is the other environments' affair, unless this is the one that answers for all.
  return { targets, refusal: targets.length === 0 && environment.known !== null ? silenced : null };
}

function refuseUnknownNames(
  command: ComponentCommand,
  builders: readonly BuilderConfiguration[],
  environment: Environment,
): Refusal | null {
  if (builders.length === 0) return refuseUnknown(environment, "components", command.component);
  if (command.distributions.kind === "all") return null;
  const here = builders.flatMap(({ distributions }) => distributions.map(({ name }) => name));
  for (const name of command.distributions.names) {
    const refused = here.includes(name) ? null : refuseUnknown(environment, "distributions", name);
    if (refused !== null) return refused;
  }
  return null;
}

/** The builder's own distributions that the command names, in the builder's order. */
function served(command: ComponentCommand, builder: BuilderConfiguration): readonly Distribution[] {
  const { distributions: selection } = command;
  if (selection.kind === "all") return builder.distributions;
  return builder.distributions.filter(({ name }) => selection.names.includes(name));
}

/** Whether the names are granted; `hold`, `unhold` and `withdraw` are looked at apart. */
function isGrantedNames(
  command: ComponentCommand,
  signer: Fingerprint,
  builder: BuilderConfiguration,
  distribution: string,
): boolean {
  const wanted = { component: command.component, distribution };
  return missingGrant(builder.grants.get(signer), "upload-component", wanted) === null;
}

function refuseSpecial(
  command: ComponentCommand,
  signer: Fingerprint,
  builder: BuilderConfiguration,
  distribution: Distribution,
  ledger: LedgerView,
): Refusal | null {
  const wanted = { component: command.component, distribution: distribution.name };
  const missing = missingGrant(builder.grants.get(signer), command.kind, wanted);
  if (missing === null) return null;
  if (missing === "unhold") {
    const { release, component, commit } = command as Hold;
    const holder = ledger.holder({ release, component, commit, distribution: distribution.name });
    if (holder === signer) return null;
  }
  return notGranted(signer, builder, missing, `${command.kind} of ${command.component} in ${distribution.name}`);
}

function refuse(
  command: ComponentCommand,
  signer: Fingerprint,
  builder: BuilderConfiguration,
  distribution: Distribution,
): Refusal {
  const wanted = { component: command.component, distribution: distribution.name };
  const missing = missingGrant(builder.grants.get(signer), "upload-component", wanted) ?? "components";
  return notGranted(signer, builder, missing, `${command.component} in ${distribution.name}`);
}
