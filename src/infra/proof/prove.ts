import {
  evaluatorFor,
  type Policy,
  type PolicyAnswer,
  type PolicyCall,
  type PolicySystem,
} from "../../formats/qrexec/index.ts";
import type { PolicyPlan } from "../policy/plan.ts";
import { builderServices } from "../policy/render.ts";
import { isDisposable, type Permit, permittedCalls } from "./permits.ts";
import { type Universe, universeOf } from "./universe.ts";

/** A promise that the policy does not keep. */
export interface Breach {
  /** `FILE:LINE` that breaks it: the line that decided, or the last one behind which another is missing. */
  readonly place: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** One call that shows it. */
  readonly call: PolicyCall;
  /** How many calls of the proof show it. */
  readonly calls: number;
}

/** What was proven, or where it fails. */
export interface Proof {
  readonly breaches: readonly Breach[];
  /**
   * `FILE:LINE` of lines that would open one of our services and decide nothing, since lines before them take all their
   * calls. They break no promise, and would as soon as one of those went.
   */
  readonly idle: readonly string[];
  /** Calls that were asked about. */
  readonly asked: number;
}

const signing = "qubes.Gpg";
const ours: ReadonlySet<string> = new Set([
  ...builderServices,
  signing,
  "qubesbuilder.TriggerBuild",
  "qubesbuilder.ProcessGithubCommand",
  "local.ConnectSSH",
]);

/**
 * Proves that the policy allows every call that the infrastructure needs, to exactly the right target, and nothing else
 * of ours: over all pairs of qubes, all our services and every other that a line names, with each argument that a line
 * can tell apart. The policy must be free of syntax errors.
 */
export function provePolicy(policy: Policy, system: PolicySystem, plan: PolicyPlan): Proof {
  const permits = permittedCalls(plan);
  const breaches = new Map<string, Breach>();
  const blame = (place: string, message: string, call: PolicyCall): void => {
    const key = `${place} ${message}`;
    const known = breaches.get(key);
    breaches.set(key, { place, message, call: known?.call ?? call, calls: (known?.calls ?? 0) + 1 });
  };
  let asked = 0;
  const deciding = new Set<string>();
  for (const service of servicesOf(policy, permits)) {
    const rules = policy.rules.filter((rule) => rule.service === null || rule.service === service);
    const part: Policy = { ...policy, rules };
    const universe = universeOf(part, system, plan);
    const needed = permits.filter((permit) => permit.service === service);
    const matters = ours.has(service) ? everyCall : whatMatters(part, universe);
    for (const argument of argumentsOf(part, permits, service)) {
      for (const source of universe.sources) {
        const answerFor = evaluatorFor(part, universe.system, { source, service, argument });
        for (const target of universe.targets) {
          if (!matters(source, target)) continue;
          const call = { source, target, service, argument };
          const answer = answerFor(target);
          asked += 1;
          if (answer.rule !== null) deciding.add(answer.rule);
          const message = judge(call, answer, needed, universe);
          if (message !== null) blame(answer.rule ?? lastPlace(part, service), message, call);
        }
      }
    }
  }
  const opening = policy.rules.filter(({ service, action }) => action.kind !== "deny" && ours.has(service ?? ""));
  const idle = new Set(opening.map(({ file, line }) => `${file}:${line}`).filter((place) => !deciding.has(place)));
  return { breaches: [...breaches.values()], idle: [...idle], asked };
}

/** Which calls of a service are asked about. */
type Matters = (source: string, target: string) => boolean;

const everyCall: Matters = () => true;

/**
 * Which calls of another's service can break a promise: those of our qubes and towards them, and, where a line sends calls
 * to one of them by itself, all.
 */
function whatMatters(policy: Policy, universe: Universe): Matters {
  const redirected = policy.rules.some(
    ({ action }) => action.kind !== "deny" && action.target?.kind === "name" && universe.closed.has(action.target.name),
  );
  if (redirected) return everyCall;
  return (source, target) => universe.ours.has(source) || universe.closed.has(target);
}

/** What is wrong with the policy's answer to a call; null where it is as it must be. */
function judge(call: PolicyCall, answer: PolicyAnswer, permits: readonly Permit[], universe: Universe): string | null {
  const permit = permits.find(
    ({ argument, source, target }) =>
      (argument === null || argument === call.argument) && source === call.source && target === call.target,
  );
  if (permit !== undefined) return judgeNeeded(answer, permit);
  // qubes.Gpg of other qubes is their own affair, as long as it has nothing to do with ours.
  const isOurs = ours.has(call.service) && (call.service !== signing || aboutSigning(call, answer, permits));
  if (isOurs) return judgeOurs(call, answer, universe);
  // What others' services may do among other qubes is not ours to say; a question to the user opens nothing by itself.
  if (answer.result !== "allow") return null;
  return judgeForeign(call, answer, universe);
}

function judgeNeeded(answer: PolicyAnswer, permit: Permit): string | null {
  const what = `${permit.source} needs ${permit.service} towards ${permit.target}`;
  if (answer.result !== "allow") return `${what}, and gets ${answer.result}: ${answer.reason}`;
  if (answer.target !== permit.final) return `${what}: it must go to ${permit.final}, and goes to ${answer.target}`;
  return answer.user === null ? null : `${what}: it runs as ${answer.user} instead of the qube's own user`;
}

function judgeOurs(call: PolicyCall, answer: PolicyAnswer, universe: Universe): string | null {
  const { source, service } = call;
  if (answer.result === "deny") {
    return answer.rule === null ? `no line closes ${service} for everybody else: a later file can open it` : null;
  }
  const how = answer.result === "ask" ? "may be let (by the user) reach" : "reaches";
  return `${kindOf(source, universe)} ${how} ${service}${towards(answer.target ?? call.target)}, which nobody needs`;
}

/**
 * What others may do to a qube of ours, since it changes nothing in it: every machine's tools for back-ups, menus and keys
 * ask for these.
 */
const harmless =
  /^(policy\.RegisterArgument|admin\.(Events|vm\.(List|CurrentState|Stats|([a-z]+\.)+(Get|GetAll|List|ListSnapshots|Info|Available))))$/;

/** Whether a call for a signature is from one of our build qubes, or to one of our keys qubes. */
function aboutSigning(call: PolicyCall, answer: PolicyAnswer, permits: readonly Permit[]): boolean {
  return permits.some(
    ({ source, final }) => source === call.source || final === call.target || final === answer.target,
  );
}

function judgeForeign(call: PolicyCall, answer: PolicyAnswer, universe: Universe): string | null {
  const { source, target, service } = call;
  const administers = /^(admin|policy)\./.test(service);
  // The admin API is answered by dom0: there the qube that the caller names is what is acted on.
  const reached = administers ? target : (answer.target ?? target);
  if (harmless.test(service) && !universe.ours.has(source)) return null;
  if (universe.closed.has(reached) && reached !== source) {
    return `${kindOf(source, universe)} reaches ${service} of ${reached}, which nobody needs`;
  }
  // Our qubes do one thing each, and need nothing of the machine's other qubes.
  const leaves = universe.ours.has(source) && universe.system.has(reached) && !isDisposable(source);
  if (leaves && reached !== source) return `${source} reaches ${service} of ${reached}, which nobody needs`;
  if (administers && universe.ours.has(source)) return `${source} reaches dom0's ${service}, which nobody needs`;
  return null;
}

function kindOf(source: string, universe: Universe): string {
  return universe.ours.has(source) ? source : "another qube";
}

function towards(target: string): string {
  return target.startsWith("@") ? "" : ` of ${target}`;
}

/** Our services, those that a line names, and one that no line names. */
function servicesOf(policy: Policy, permits: readonly Permit[]): ReadonlySet<string> {
  const named = policy.rules.flatMap(({ service }) => (service === null ? [] : [service]));
  return new Set([...ours, ...permits.map(({ service }) => service), ...named, "nobody.Names.This"]);
}

/** The arguments that lines or promises tell apart, none, and one that nobody names. */
function argumentsOf(policy: Policy, permits: readonly Permit[], service: string): ReadonlySet<string> {
  const named = [...policy.rules, ...permits]
    .filter((one) => one.service === service)
    .flatMap(({ argument }) => (argument === null ? [] : [argument]));
  return new Set(["", "nobody-names-this", ...named]);
}

/** Where a line for the service is missing: behind its last one, or behind the policy's last. */
function lastPlace(policy: Policy, service: string): string {
  const rule = policy.rules.findLast((one) => one.service === service) ?? policy.rules.at(-1);
  return rule === undefined ? "policy.d" : `${rule.file}:${rule.line}`;
}
