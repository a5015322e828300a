import type { GrantName } from "../../commands/index.ts";
import type {
  BuildComponent,
  Distribution,
  Hold,
  Refusal,
  UploadComponent,
  WithdrawComponent,
} from "../domain/index.ts";
import type { BuilderConfiguration } from "../formats/builder-yml/index.ts";
import type { Target } from "./authorized-command.ts";
import { refuseUnknown } from "./environment.ts";
import { missingGrant, notGranted } from "./grants.ts";
import type { Matches, Question } from "./matches.ts";

/** A command about a component. */
type ComponentCommand = UploadComponent | BuildComponent | Hold | WithdrawComponent;

/** Finds what of a command about a component is served here and granted to the signer. */
export function matchComponent(question: Question<ComponentCommand>): Matches {
  const { command, environment } = question;
  const builders = environment.builders.filter(
    ({ release, components }) =>
      release === command.release && components.some(({ name }) => name === command.component),
  );
  const unknown = refuseUnknownNames(question, builders);
  if (unknown !== null) return { targets: [], refusal: unknown };

  const targets: { builder: BuilderConfiguration; target: Target }[] = [];
  let silenced: Refusal | null = null;
  for (const builder of builders) {
    const found = matchBuilder(question, builder);
    if (found.refusal !== null) return { targets: [], refusal: found.refusal };
    silenced ??= found.silenced;
    const [first, ...others] = found.granted;
    if (first === undefined) continue;
    const target: Target = { kind: "component", component: command.component, distributions: [first, ...others] };
    targets.push({ builder, target });
  }
  // `all` that grants nothing here is the other environments' affair, unless this is the one that answers for all.
  return { targets, refusal: targets.length === 0 && environment.known !== null ? silenced : null };
}

interface BuilderMatch {
  readonly granted: readonly Distribution[];
  readonly refusal: Refusal | null;
  /** Why `all` covers less than all; told only where nobody else may answer. */
  readonly silenced: Refusal | null;
}

function matchBuilder(question: Question<ComponentCommand>, builder: BuilderConfiguration): BuilderMatch {
  const { command, ledger, signer } = question;
  const named = served(command, builder);
  const refusalOf = (distribution: Distribution, missing: GrantName): Refusal =>
    notGranted({ signer, builder, missing, what: `${command.kind} of ${command.component} in ${distribution.name}` });

  // The names first: what is left of `all` are the distributions whose names are granted.
  const granted: Distribution[] = [];
  let silenced: Refusal | null = null;
  for (const distribution of named) {
    const missing = missingNames(question, builder, distribution);
    if (missing === null) granted.push(distribution);
    else silenced ??= refusalOf(distribution, missing);
  }
  if (command.distributions.kind === "named" && silenced !== null) return { granted: [], refusal: silenced, silenced };

  // Then hold, unhold and withdraw, which nothing makes smaller.
  for (const distribution of granted) {
    const wanted = { component: command.component, distribution: distribution.name };
    const missing = missingGrant(builder.grants.get(signer), command.kind, wanted);
    if (missing === null) continue;
    const { release, component, commit } = command;
    const isOwnHold =
      missing === "unhold" && ledger.holder({ release, component, commit, distribution: distribution.name }) === signer;
    if (!isOwnHold) return { granted: [], refusal: refusalOf(distribution, missing), silenced };
  }
  return { granted, refusal: null, silenced };
}

/** Which grant of the names is missing: an upload needs these two and no other. */
function missingNames(
  { command, signer }: Question<ComponentCommand>,
  builder: BuilderConfiguration,
  distribution: Distribution,
): GrantName | null {
  const wanted = { component: command.component, distribution: distribution.name };
  return missingGrant(builder.grants.get(signer), "upload-component", wanted);
}

/** The builder's own distributions that the command names, in the builder's order. */
function served(command: ComponentCommand, builder: BuilderConfiguration): readonly Distribution[] {
  const { distributions: selection } = command;
  if (selection.kind === "all") return builder.distributions;
  return builder.distributions.filter(({ name }) => selection.names.includes(name));
}

function refuseUnknownNames(
  { command, environment }: Question<ComponentCommand>,
  builders: readonly BuilderConfiguration[],
): Refusal | null {
  const { component, release } = command;
  if (builders.length === 0) return refuseUnknown(environment, { kind: "components", name: component, of: release });
  if (command.distributions.kind === "all") return null;
  const here = builders.flatMap(({ distributions }) => distributions.map(({ name }) => name));
  for (const name of command.distributions.names) {
    if (here.includes(name)) continue;
    const refused = refuseUnknown(environment, { kind: "distributions", name, of: component });
    if (refused !== null) return refused;
  }
  return null;
}
