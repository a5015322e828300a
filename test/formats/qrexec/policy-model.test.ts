import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluatePolicy, parsePolicy, qubeFacts } from "../../../src/formats/qrexec/index.ts";

/**
 * The language once more, as its page says it, over words instead of tokens and with no eye to speed: what both make of
 * a policy that nobody thought of must be the same.
 */
interface Facts {
  readonly type: string;
  readonly tags: readonly string[];
  readonly templateForDispvms: boolean;
  readonly defaultDispvm: string | null;
}
type Qubes = Readonly<Record<string, Facts>>;
type Call = Readonly<Record<"source" | "target" | "service" | "argument", string>>;

const dispvmOf = (qubes: Qubes, source: string): string | null => {
  const template = qubes[source]?.defaultDispvm ?? null;
  return template === null ? null : `@dispvm:${template}`;
};

function covers(word: string, asked: string, source: string, qubes: Qubes): boolean {
  if (word === "*" || word === asked) return true;
  if (word === "dom0" || word === "@adminvm") return asked === "dom0";
  if (word === "@anyvm") return asked !== "dom0";
  const disposable = asked === "@dispvm" ? dispvmOf(qubes, source) : asked;
  if (word.startsWith("@dispvm:@tag:")) {
    const template =
      disposable?.startsWith("@dispvm:") === true ? qubes[disposable.slice("@dispvm:".length)] : undefined;
    return template?.templateForDispvms === true && template.tags.includes(word.slice("@dispvm:@tag:".length));
  }
  if (word.startsWith("@dispvm:")) return word === disposable;
  if (asked === "dom0") return false;
  if (word.startsWith("@tag:")) return qubes[asked]?.tags.includes(word.slice("@tag:".length)) === true;
  return word.startsWith("@type:") && qubes[asked]?.type === word.slice("@type:".length);
}

function model(
  lines: readonly string[],
  qubes: Qubes,
  call: Call,
): { result: string; target: string | null; rule: string | null } {
  const deny = (rule: string | null) => ({ result: "deny", target: null, rule });
  const known = (name: string): boolean => name === "dom0" || name in qubes;
  const template = (name: string): boolean => qubes[name.slice("@dispvm:".length)]?.templateForDispvms === true;
  let target = call.target === "@adminvm" ? "dom0" : call.target;
  if (target.startsWith("@dispvm:") && !template(target)) return deny(null);
  if (!target.startsWith("@") && !known(target)) target = "@default";
  for (const [index, line] of lines.entries()) {
    const [service, argument, source = "", wanted = "", action, ...options] = line.split(" ");
    if (service !== "*" && service !== call.service) continue;
    if (argument !== "*" && argument !== `+${call.argument}`) continue;
    if (!covers(source, call.source, call.source, qubes) || !covers(wanted, target, call.source, qubes)) continue;
    const rule = `a.policy:${index + 1}`;
    if (action === "deny") return deny(rule);
    const redirect = options.find((option) => option.startsWith("target="))?.slice("target=".length) ?? null;
    let final = (redirect ?? target) === "@adminvm" ? "dom0" : (redirect ?? target);
    if (final === "@dispvm") final = dispvmOf(qubes, call.source) ?? "@default";
    const there = final.startsWith("@dispvm:") ? template(final) : known(final);
    return there && final !== call.source ? { result: "allow", target: final, rule } : deny(rule);
  }
  return deny(null);
}

const names = ["work", "vault", "web", "dvm"];
const qubeNames = fc.constantFrom(...names);
const tags = fc.subarray(["blue", "red"]);
const facts: fc.Arbitrary<Facts> = fc.record({
  type: fc.constantFrom("AppVM", "DispVM", "TemplateVM"),
  tags,
  templateForDispvms: fc.boolean(),
  defaultDispvm: fc.option(fc.constantFrom("dvm", "web", "gone")),
});
const qubes: fc.Arbitrary<Qubes> = fc.record({ work: facts, vault: facts, web: facts, dvm: facts });
const everywhere = ["*", "@anyvm", "@adminvm", "dom0", "@type:AppVM", "@type:AdminVM", "@tag:blue", "@tag:red", "gone"];
const disposables = ["@dispvm:dvm", "@dispvm:web", "@dispvm:gone", "@dispvm:@tag:blue"];
const source = fc.constantFrom(...names, ...everywhere, ...disposables);
const target = fc.constantFrom(...names, ...everywhere, ...disposables, "@default", "@dispvm");
const redirect = fc.constantFrom(...names, "gone", "dom0", "@adminvm", "@dispvm", "@dispvm:dvm", "@dispvm:work");
const columns = fc.oneof(
  fc.tuple(fc.constantFrom("t.S", "t.T"), fc.constantFrom("*", "+", "+x", "+x+y")),
  fc.constant(["*", "*"] as const),
);
const action = fc.oneof(
  fc.constant("deny"),
  redirect.map((name) => `allow target=${name}`),
  fc.constant("allow"),
);
const line = fc
  .tuple(columns, source, target, action)
  .filter(([, , wanted, what]) => wanted !== "@default" || what !== "allow")
  .map(([[service, argument], ...rest]) => [service, argument, ...rest].join(" "));
const call: fc.Arbitrary<Call> = fc.record({
  source: qubeNames,
  target: fc.constantFrom(...names, "gone", "dom0", "@adminvm", "@default", "@dispvm", "@dispvm:dvm", "@dispvm:work"),
  service: fc.constantFrom("t.S", "t.T", "t.U"),
  argument: fc.constantFrom("", "x", "x+y", "z"),
});

describe("the evaluator and a plain model of the language", () => {
  it("agree on every policy, system and call", () => {
    const seen = { allow: 0, deny: 0 };
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 2, maxLength: 12 }),
        qubes,
        fc.array(call, { minLength: 15, maxLength: 30 }),
        (lines, facts, calls) => {
          const text = Buffer.from(lines.join("\n"));
          const policy = parsePolicy({ files: new Map([["a.policy", text]]), runtime: null, legacy: null });
          expect(policy.mistakes).toEqual([]);
          const system = new Map(Object.entries(facts).map(([name, known]) => [name, qubeFacts(known)]));
          for (const one of calls) {
            const { result, target: final, rule } = evaluatePolicy(policy, system, one);
            expect({ result, target: final, rule }, `${lines.join("\n")}\n${JSON.stringify(one)}`).toEqual(
              model(lines, facts, one),
            );
            seen[result as "allow" | "deny"] += 1;
          }
        },
      ),
      { numRuns: 2_000 },
    );
    // It would prove nothing if all of them were denied.
    expect(seen.allow).toBeGreaterThan(1_000);
    expect(seen.deny).toBeGreaterThan(1_000);
  });
});
