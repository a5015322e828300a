import { no, ok, type Result } from "../../domain/index.ts";
import { type PolicyToken, parsePolicyToken } from "./policy-token.ts";

/** What a rule does with the calls that it covers. */
export type PolicyAction =
  | { readonly kind: "deny"; readonly notify: boolean }
  | {
      readonly kind: "allow";
      /** `target=`: where the call goes, whatever the caller asked for. */
      readonly target: PolicyToken | null;
      readonly user: string | null;
      readonly notify: boolean;
      readonly autostart: boolean;
    }
  | {
      readonly kind: "ask";
      readonly target: PolicyToken | null;
      readonly defaultTarget: PolicyToken | null;
      readonly user: string | null;
      readonly notify: boolean;
      readonly autostart: boolean;
    };

/** One line of the policy. */
export interface PolicyRule {
  /** Null for `*`. */
  readonly service: string | null;
  /** What follows the `+`; empty for `+` alone; null for `*`. */
  readonly argument: string | null;
  readonly source: PolicyToken;
  readonly target: PolicyToken;
  readonly action: PolicyAction;
  /** Relative to the policy directory; absolute, as dom0 has it, where it is none of that directory's. */
  readonly file: string;
  /** From 1; 0 for the lines that `!compat-4.0` implies. */
  readonly line: number;
}

/** A rule before anybody says where it stands. */
type RuleBody = Omit<PolicyRule, "file" | "line">;

const parameters: Readonly<Record<PolicyAction["kind"], readonly string[]>> = {
  allow: ["target", "user", "notify", "autostart"],
  ask: ["target", "default_target", "user", "notify", "autostart"],
  deny: ["notify"],
};

/** The first two columns. */
export function parseServiceColumns(
  service: string,
  argument: string,
): Result<Pick<PolicyRule, "service" | "argument">, string> {
  if (service !== "*" && !/^[A-Za-z0-9_.-]+$/.test(service)) return no(`'${service}' is no service's name`);
  if (argument === "*") return ok({ service: service === "*" ? null : service, argument: null });
  if (!/^\+[A-Za-z0-9_.+-]*$/.test(argument)) return no(`'${argument}' is no argument: '*', '+' or '+value' is`);
  if (service === "*") return no("service '*' takes no argument but '*'");
  return ok({ service, argument: argument.slice(1) });
}

/** Parses a rule's columns, from the source on, for a service and argument that are known. */
export function parseRuleColumns(
  columns: Pick<PolicyRule, "service" | "argument">,
  words: readonly string[],
): Result<RuleBody, string> {
  const [sourceWord, targetWord, actionWord, ...options] = words;
  if (sourceWord === undefined || targetWord === undefined || actionWord === undefined) {
    return no("too few words: SERVICE ARGUMENT SOURCE TARGET ACTION are needed");
  }
  const source = parsePolicyToken(sourceWord, "source");
  if (!source.ok) return source;
  const target = parsePolicyToken(targetWord, "target");
  if (!target.ok) return target;
  const action = parseAction(actionWord, options);
  if (!action.ok) return action;
  if (target.value.kind === "default" && action.value.kind === "allow" && action.value.target === null) {
    return no("allow for @default needs target=");
  }
  return ok({ ...columns, source: source.value, target: target.value, action: action.value });
}

function parseAction(word: string, options: readonly string[]): Result<PolicyAction, string> {
  if (word !== "allow" && word !== "ask" && word !== "deny") return no(`'${word}' is not allow, ask or deny`);
  const given = new Map<string, string>();
  for (const option of options) {
    const equals = option.indexOf("=");
    const key = option.slice(0, Math.max(equals, 0));
    if (equals < 0) return no(`'${option}' is no parameter: parameter=value is`);
    if (!parameters[word].includes(key)) return no(`${word} takes no parameter '${key}'`);
    if (given.has(key)) return no(`parameter '${key}' is there twice`);
    given.set(key, option.slice(equals + 1));
  }
  for (const key of ["notify", "autostart"]) {
    const value = given.get(key);
    if (value !== undefined && value !== "yes" && value !== "no") return no(`${key}= is 'yes' or 'no', not '${value}'`);
  }
  const notify = given.get("notify");
  if (word === "deny") return ok({ kind: "deny", notify: notify !== "no" });

  const target = parseRedirect(given.get("target"));
  if (!target.ok) return target;
  const common = {
    target: target.value,
    // `user=` with nothing behind it names nobody: the qube's own user, as without it.
    user: given.get("user") || null,
    notify: notify === "yes",
    autostart: given.get("autostart") !== "no",
  };
  if (word === "allow") return ok({ kind: "allow", ...common });
  const defaultTarget = parseRedirect(given.get("default_target"));
  return defaultTarget.ok ? ok({ kind: "ask", ...common, defaultTarget: defaultTarget.value }) : defaultTarget;
}

function parseRedirect(word: string | undefined): Result<PolicyToken | null, string> {
  return word === undefined ? ok(null) : parsePolicyToken(word, "redirect");
}
