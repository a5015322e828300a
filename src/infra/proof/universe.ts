import { type Policy, type PolicySystem, type QubeFacts, qubeFacts } from "../../formats/qrexec/index.ts";
import { environmentQubes, type PolicyPlan } from "../policy/plan.ts";
import { disposableOf } from "./permits.ts";

/** All that the proof goes through. */
export interface Universe {
  readonly system: PolicySystem;
  /** The qubes that the promises are about. */
  readonly ours: ReadonlySet<string>;
  /** Those of them that nobody may reach by any other service: all but the net qube, which serves the whole machine. */
  readonly closed: ReadonlySet<string>;
  /** Every word that a call can ask for. */
  readonly targets: readonly string[];
  /** Who can call: every qube, and the words for disposables, which a line may name as its source. */
  readonly sources: readonly string[];
}

/**
 * The qubes of the infrastructure, those that the machine has besides, and one stand-in for each kind of qube that these
 * lines can tell apart: each name in them, and each of their types with none and with each of their tags. A line can
 * look at nothing else in a qube, so what holds for these holds for any; and of the machine's qubes that the lines cannot
 * tell apart one is enough. None of them runs, so that `autostart=no` shows as the refusal that it would be on a morning
 * after a power cut; and each may have a disposable, since the machine's own default is what it has where none is said.
 */
export function universeOf(policy: Policy, system: PolicySystem, plan: PolicyPlan): Universe {
  const disposables = plan.environments.map((environment) => disposableFacts(environment));
  const told = distinctions(policy, new Set(disposables.flatMap(({ tags }) => tags)));
  const qubes = distinguished(system, told);
  const ours = new Set<string>([plan.netvm]);
  for (const environment of plan.environments) {
    const { build, keys, windowsKeys } = environmentQubes(environment);
    for (const name of [build, keys, environment.logs, ...(environment.windows ? [windowsKeys] : [])]) ours.add(name);
    qubes.set(disposableOf(environment), disposableFacts(environment));
    ours.add(disposableOf(environment));
  }
  const asTheyAre = (name: string, absent: QubeFacts): void => {
    qubes.set(name, qubes.get(name) ?? system.get(name) ?? absent);
  };
  for (const name of ours) asTheyAre(name, qubeFacts());
  for (const name of ["builder-dvm", "builder-windows-dvm"]) asTheyAre(name, qubeFacts({ templateForDispvms: true }));
  for (const name of told.names) asTheyAre(name, qubeFacts());
  for (const type of told.types) {
    for (const tag of [null, ...told.tags]) {
      const name = `any-${type}${tag === null ? "" : `-tagged-${tag}`}`;
      const tags = tag === null ? [] : [tag];
      qubes.set(name, qubeFacts({ type, tags, templateForDispvms: tag !== null, defaultDispvm: "builder-dvm" }));
    }
  }
  const stopped = new Map(
    [...qubes].map(([name, facts]) => [
      name,
      { ...facts, running: false, defaultDispvm: facts.defaultDispvm ?? "builder-dvm" },
    ]),
  );
  const disposable = [...stopped].filter(([, facts]) => facts.templateForDispvms).map(([name]) => `@dispvm:${name}`);
  const closed = new Set([...ours].filter((name) => name !== plan.netvm));
  return {
    system: stopped,
    ours,
    closed,
    targets: [...stopped.keys(), "dom0", "@default", "@dispvm", ...disposable],
    sources: [...stopped.keys(), ...disposable],
  };
}

function disposableFacts(environment: { readonly name: string }): QubeFacts {
  const { build } = environmentQubes(environment);
  return qubeFacts({ type: "DispVM", tags: [`disp-created-by-${build}`, `created-by-${build}`] });
}

/** What lines look for in a qube. */
type Distinctions = Readonly<Record<"names" | "types" | "tags", ReadonlySet<string>>>;

/** The machine's qubes, one of each kind that the lines can tell apart, and each that they name. */
function distinguished(system: PolicySystem, told: Distinctions): Map<string, QubeFacts> {
  const kinds = new Set<string>();
  const kept = new Map<string, QubeFacts>();
  for (const [name, facts] of system) {
    const tags = facts.tags.filter((tag) => told.tags.has(tag)).sort();
    const kind = JSON.stringify([facts.type, tags, facts.templateForDispvms, facts.defaultDispvm]);
    const known = kinds.has(kind) && !told.names.has(name);
    kinds.add(kind);
    if (name !== "dom0" && !known) kept.set(name, facts);
  }
  return kept;
}

/** The names, types and tags that the policy's lines look for; `known` tags have a qube of their own already. */
function distinctions(policy: Policy, known: ReadonlySet<string>): Distinctions {
  const names = new Set<string>();
  const types = new Set(["AppVM", "TemplateVM", "StandaloneVM", "DispVM"]);
  const tags = new Set<string>();
  for (const { source, target, action } of policy.rules) {
    for (const token of [source, target, action.kind === "deny" ? null : action.target]) {
      if (token?.kind === "name" || token?.kind === "dispvm-of") names.add(token.name);
      // A type that no qube of ours can have is dom0's own.
      else if (token?.kind === "type" && token.type !== "AdminVM") types.add(token.type);
      else if ((token?.kind === "tag" || token?.kind === "dispvm-tag") && !known.has(token.tag)) tags.add(token.tag);
    }
  }
  return { names, types, tags };
}
