import type { Policy } from "./policy.ts";
import type { PolicyAction, PolicyRule } from "./policy-rule.ts";
import type { PolicySystem } from "./policy-system.ts";
import { defaultDispvmOf, formatPolicyToken, type PolicyToken, parsePolicyToken, tokenCovers } from "./policy-token.ts";

/** A call as dom0 is asked about it. */
export interface PolicyCall {
  readonly source: string;
  /** A qube's name, `@default` (or empty), `@dispvm`, `@dispvm:NAME`, `dom0`. One that does not exist is `@default`. */
  readonly target: string;
  readonly service: string;
  readonly argument: string;
}

/** What the policy says of a call. */
export interface PolicyAnswer {
  readonly result: "allow" | "ask" | "deny";
  /** Where the call goes (`dom0` for the admin qube); for `ask` what is proposed. Null: denied, or nothing is proposed. */
  readonly target: string | null;
  /** `user=`; null for the qube's own. */
  readonly user: string | null;
  /** `FILE:LINE` of the line that decided; null where none did. */
  readonly rule: string | null;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** Asks the policy: the first line that covers the call decides, and no line denies. */
export function evaluatePolicy(policy: Policy, system: PolicySystem, call: PolicyCall): PolicyAnswer {
  return evaluatorFor(policy, system, call)(call.target);
}

/** The policy as one caller meets it with one service and argument: what it says of each target. */
export function evaluatorFor(
  policy: Policy,
  system: PolicySystem,
  call: Omit<PolicyCall, "target">,
): (target: string) => PolicyAnswer {
  if (policy.mistakes.length > 0) return () => denied(null, "the policy has a syntax error, which denies everything");
  const caller = parsePolicyToken(call.source, "caller");
  if (!caller.ok) return () => denied(null, `'${call.source}' cannot make a call`);
  const source = caller.value;
  const rules = policy.rules.filter(
    (rule) =>
      (rule.service === null || rule.service === call.service) &&
      (rule.argument === null || rule.argument === call.argument) &&
      tokenCovers(rule.source, source, source, system),
  );
  return (wanted) => {
    const target = intendedTarget(wanted === "" ? "@default" : wanted, system);
    if (target === null) return denied(null, `'${wanted}' cannot be a call's target`);
    const rule = rules.find((candidate) => tokenCovers(candidate.target, target, source, system));
    if (rule === undefined) return denied(null, "no line of the policy covers it");
    switch (rule.action.kind) {
      case "deny":
        return denied(rule, "a line of the policy denies it");
      case "allow":
        return allow(rule, rule.action, { source, target, system });
      case "ask":
        return ask(rule, rule.action, { source, target, system, choices: () => choices(rules, source, system) });
    }
  };
}

interface Asked {
  readonly source: PolicyToken;
  readonly target: PolicyToken;
  readonly system: PolicySystem;
}

function allow(rule: PolicyRule, action: PolicyAction & { kind: "allow" }, asked: Asked): PolicyAnswer {
  const { source, system } = asked;
  const wanted = action.target ?? asked.target;
  const final = wanted.kind === "dispvm" ? defaultDispvmOf(source, system) : wanted;
  if (final === null) return denied(rule, "the caller has no default template for disposables");
  if (!exists(final, system)) return denied(rule, `${formatPolicyToken(wanted)} is nothing that a call can go to`);
  if (!action.autostart && !runs(final, system)) return denied(rule, "it would have to be started, and may not be");
  if (formatPolicyToken(final) === formatPolicyToken(source)) return denied(rule, "a qube cannot call itself");
  return {
    result: "allow",
    target: targetName(final),
    user: action.user,
    rule: place(rule),
    reason: "a line of the policy allows it",
  };
}

function ask(
  rule: PolicyRule,
  action: PolicyAction & { kind: "ask" },
  asked: Asked & { choices: () => readonly string[] },
): PolicyAnswer {
  const offered = (action.target === null ? asked.choices() : [targetName(action.target)]).filter(
    (name) => action.autostart || runs(nameToken(name), asked.system),
  );
  if (offered.length === 0) return denied(rule, "there is no target to choose");
  const preset =
    action.defaultTarget?.kind === "dispvm" ? defaultDispvmOf(asked.source, asked.system) : action.defaultTarget;
  if (preset !== null && !offered.includes(targetName(preset))) {
    return denied(rule, `default_target=${formatPolicyToken(preset)} is none of the targets to choose`);
  }
  const proposed = action.target ?? preset;
  return {
    result: "ask",
    target: proposed === null ? null : targetName(proposed),
    user: action.user,
    rule: place(rule),
    reason: `the user is asked, and may choose ${offered.join(", ")}`,
  };
}

/** What the user may choose from: what the lines allow or ask for, less what a line before them denies. */
function choices(rules: readonly PolicyRule[], source: PolicyToken, system: PolicySystem): string[] {
  const found = new Set<string>();
  for (const rule of rules.toReversed()) {
    const redirect = rule.action.kind === "deny" ? null : rule.action.target;
    for (const name of expand(redirect ?? rule.target, system)) {
      if (rule.action.kind === "deny") found.delete(name);
      else found.add(name);
    }
  }
  if (found.delete("@dispvm")) {
    const template = defaultDispvmOf(source, system);
    if (template !== null) found.add(targetName(template));
  }
  found.delete(targetName(source));
  return [...found];
}

function expand(token: PolicyToken, system: PolicySystem): string[] {
  const qubes = [...system];
  switch (token.kind) {
    case "everything":
    case "anyvm": {
      const names = qubes.filter(([name, facts]) => name !== "dom0" && facts.type !== "AdminVM").map(([name]) => name);
      const templates = qubes.filter(([, facts]) => facts.templateForDispvms).map(([name]) => `@dispvm:${name}`);
      return [...(token.kind === "everything" ? ["dom0"] : []), ...names, ...templates, "@dispvm"];
    }
    case "name":
      return system.has(token.name) ? [token.name] : [];
    case "adminvm":
      return ["dom0"];
    case "default":
      return [];
    case "dispvm":
      return ["@dispvm"];
    case "type":
      return qubes.filter(([, facts]) => facts.type === token.type).map(([name]) => name);
    case "tag":
      return qubes.filter(([, facts]) => facts.tags.includes(token.tag)).map(([name]) => name);
    case "dispvm-of":
      return system.get(token.name)?.templateForDispvms === true ? [`@dispvm:${token.name}`] : [];
    case "dispvm-tag":
      return qubes
        .filter(([, facts]) => facts.templateForDispvms && facts.tags.includes(token.tag))
        .map(([name]) => `@dispvm:${name}`);
  }
}

/** The target that the caller asks for; null where there cannot be such a call. A name that is no qube's is `@default`. */
function intendedTarget(untrusted: string, system: PolicySystem): PolicyToken | null {
  const token = parsePolicyToken(untrusted, "intended");
  if (!token.ok) return null;
  if (token.value.kind === "name" && !system.has(token.value.name)) return { kind: "default" };
  return token.value.kind === "dispvm-of" && !exists(token.value, system) ? null : token.value;
}

function exists(token: PolicyToken, system: PolicySystem): boolean {
  switch (token.kind) {
    case "name":
      return system.has(token.name);
    case "dispvm-of":
      return system.get(token.name)?.templateForDispvms === true;
    default:
      return token.kind === "adminvm";
  }
}

function runs(token: PolicyToken, system: PolicySystem): boolean {
  return token.kind === "adminvm" || (token.kind === "name" && system.get(token.name)?.running === true);
}

function nameToken(name: string): PolicyToken {
  const token = parsePolicyToken(name, "intended");
  return token.ok ? token.value : { kind: "default" };
}

function targetName(token: PolicyToken): string {
  return token.kind === "adminvm" ? "dom0" : formatPolicyToken(token);
}

function place(rule: PolicyRule): string {
  return `${rule.file}:${rule.line}`;
}

function denied(rule: PolicyRule | null, reason: string): PolicyAnswer {
  return { result: "deny", target: null, user: null, rule: rule === null ? null : place(rule), reason };
}
