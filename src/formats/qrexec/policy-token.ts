import { no, ok, type Result } from "../../domain/index.ts";
import type { PolicySystem } from "./policy-system.ts";

/** A word of the policy that stands for one qube or many. */
export type PolicyToken =
  | { readonly kind: "name"; readonly name: string }
  /** `*`: everything, dom0 too. */
  | { readonly kind: "everything" }
  /** `@anyvm`: everything but dom0. */
  | { readonly kind: "anyvm" }
  /** `@adminvm`, also written `dom0`. */
  | { readonly kind: "adminvm" }
  /** `@default`: the caller named no target, or none that exists. */
  | { readonly kind: "default" }
  /** `@dispvm`: a disposable of the caller's default template. */
  | { readonly kind: "dispvm" }
  | { readonly kind: "type"; readonly type: string }
  | { readonly kind: "tag"; readonly tag: string }
  /** `@dispvm:NAME`: a disposable of that template. */
  | { readonly kind: "dispvm-of"; readonly name: string }
  | { readonly kind: "dispvm-tag"; readonly tag: string };

/** Where a word stands: a rule's third and fourth column, a `target=`, who calls, or the target that a caller asks for. */
export type TokenPlace = "source" | "target" | "redirect" | "caller" | "intended";

const everywhere: readonly TokenPlace[] = ["source", "target", "redirect", "caller", "intended"];
const places: Readonly<Record<PolicyToken["kind"], readonly TokenPlace[]>> = {
  name: everywhere,
  everything: ["source", "target"],
  anyvm: ["source", "target"],
  adminvm: everywhere,
  default: ["target", "intended"],
  dispvm: ["target", "redirect", "intended"],
  type: ["source", "target"],
  tag: ["source", "target"],
  "dispvm-of": everywhere,
  "dispvm-tag": ["source", "target"],
};

/** Parses a word at its place; the error says what is wrong with it. Whether the qube exists is not looked at. */
export function parsePolicyToken(untrusted: string, place: TokenPlace): Result<PolicyToken, string> {
  const token = readToken(untrusted);
  if (token === null || !places[token.kind].includes(place)) {
    return no(`'${untrusted}' cannot stand for ${place === "redirect" ? "target=" : `a ${place}`}`);
  }
  return ok(token);
}

function readToken(word: string): PolicyToken | null {
  switch (word) {
    case "*":
      return { kind: "everything" };
    case "@anyvm":
      return { kind: "anyvm" };
    case "dom0":
    case "@adminvm":
      return { kind: "adminvm" };
    case "@default":
      return { kind: "default" };
    case "@dispvm":
      return { kind: "dispvm" };
  }
  if (!word.startsWith("@")) return word === "" ? null : { kind: "name", name: word };
  const [, prefix, value] = /^(@dispvm:@tag:|@dispvm:|@type:|@tag:)([^@].*)$/.exec(word) ?? [];
  if (value === undefined) return null;
  switch (prefix) {
    case "@type:":
      return { kind: "type", type: value };
    case "@tag:":
      return { kind: "tag", tag: value };
    case "@dispvm:":
      return { kind: "dispvm-of", name: value };
    default:
      return { kind: "dispvm-tag", tag: value };
  }
}

/** The word as it is written. */
export function formatPolicyToken(token: PolicyToken): string {
  switch (token.kind) {
    case "name":
      return token.name;
    case "everything":
      return "*";
    case "anyvm":
    case "adminvm":
    case "default":
    case "dispvm":
      return `@${token.kind}`;
    case "type":
      return `@type:${token.type}`;
    case "tag":
      return `@tag:${token.tag}`;
    case "dispvm-of":
      return `@dispvm:${token.name}`;
    case "dispvm-tag":
      return `@dispvm:@tag:${token.tag}`;
  }
}

/** What `@dispvm` means for this caller; null where it has no default template. */
export function defaultDispvmOf(source: PolicyToken, system: PolicySystem): PolicyToken | null {
  const name = source.kind === "name" ? (system.get(source.name)?.defaultDispvm ?? null) : null;
  return name === null ? null : { kind: "dispvm-of", name };
}

/** Whether a rule's word covers a qube (a source, or the target that is asked for by `source`). */
export function tokenCovers(word: PolicyToken, other: PolicyToken, source: PolicyToken, system: PolicySystem): boolean {
  const disposable = other.kind === "dispvm" ? defaultDispvmOf(source, system) : other;
  switch (word.kind) {
    case "everything":
      return true;
    case "anyvm":
      return other.kind !== "adminvm";
    case "type":
      return other.kind === "name" && system.get(other.name)?.type === word.type;
    case "tag":
      return other.kind === "name" && (system.get(other.name)?.tags.includes(word.tag) ?? false);
    case "dispvm-of":
      return disposable?.kind === "dispvm-of" && disposable.name === word.name;
    case "dispvm-tag": {
      const template = disposable?.kind === "dispvm-of" ? system.get(disposable.name) : undefined;
      return template?.templateForDispvms === true && template.tags.includes(word.tag);
    }
    case "name":
      return other.kind === "name" && other.name === word.name;
    case "adminvm":
    case "default":
    case "dispvm":
      return other.kind === word.kind;
  }
}
