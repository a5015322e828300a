import { type Policy, type PolicySystem, qubeFacts } from "../../formats/qrexec/index.ts";
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
}

/**
 * The qubes of the infrastructure, those that the machine has besides, and one stand-in for each kind of qube that the
 * policy's lines can tell apart: each name in it, and each of its types with none and with each of its tags. A line can
 * look at nothing else in a qube, so what holds for these holds for any. None of them runs, so that `autostart=no`
 * shows as the refusal that it would be on a morning after a power cut.
 */
export function universeOf(policy: Policy, system: PolicySystem, plan: PolicyPlan): Universe {
  const qubes = new Map([...system].filter(([name]) => name !== "dom0"));
  const ours = new Set<string>([plan.netvm]);
  for (const environment of plan.environments) {
    const { build, keys, windowsKeys } = environmentQubes(environment);
    for (const name of [build, keys, environment.logs, ...(environment.windows ? [windowsKeys] : [])]) ours.add(name);
    const tags = [`disp-created-by-${build}`, `created-by-${build}`];
    qubes.set(disposableOf(environment), qubeFacts({ type: "DispVM", tags }));
    ours.add(disposableOf(environment));
  }
  for (const name of ours) if (!qubes.has(name)) qubes.set(name, qubeFacts());
  const templates = ["builder-dvm", "builder-windows-dvm"];
  for (const name of templates) if (!qubes.has(name)) qubes.set(name, qubeFacts({ templateForDispvms: true }));

  const told = distinctions(policy);
  for (const name of told.names) if (!qubes.has(name)) qubes.set(name, qubeFacts());
  for (const type of told.types) {
    for (const tag of [null, ...told.tags]) {
      const name = `any-${type}${tag === null ? "" : `-tagged-${tag}`}`;
      const tags = tag === null ? [] : [tag];
      qubes.set(name, qubeFacts({ type, tags, templateForDispvms: tag !== null, defaultDispvm: "builder-dvm" }));
    }
  }
  const stopped = new Map([...qubes].map(([name, facts]) => [name, { ...facts, running: false }]));
  const disposable = [...stopped].filter(([, facts]) => facts.templateForDispvms).map(([name]) => `@dispvm:${name}`);
  const closed = new Set([...ours].filter((name) => name !== plan.netvm));
  return { system: stopped, ours, closed, targets: [...stopped.keys(), "dom0", "@default", "@dispvm", ...disposable] };
}

/** The names, types and tags that the policy's lines look for. */
function distinctions(policy: Policy): Readonly<Record<"names" | "types" | "tags", ReadonlySet<string>>> {
  const names = new Set<string>();
  const types = new Set(["AppVM", "TemplateVM", "StandaloneVM", "DispVM"]);
  const tags = new Set<string>();
  for (const { source, target, action } of policy.rules) {
    for (const token of [source, target, action.kind === "deny" ? null : action.target]) {
      if (token?.kind === "name" || token?.kind === "dispvm-of") names.add(token.name);
      // A type that no qube of ours can have is dom0's own.
      else if (token?.kind === "type" && token.type !== "AdminVM") types.add(token.type);
      else if (token?.kind === "tag" || token?.kind === "dispvm-tag") tags.add(token.tag);
    }
  }
  for (const tag of [...tags]) if (/^(disp-)?created-by-build-/.test(tag)) tags.delete(tag);
  return { names, types, tags };
}
