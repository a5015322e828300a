import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  evaluatePolicy,
  formatPolicyMistake,
  type Policy,
  parsePolicy,
  qubeFacts,
} from "../../../src/formats/qrexec/index.ts";

function policyOf(
  files: Record<string, string | Uint8Array>,
  legacy: Record<string, string> = {},
  runtime: Record<string, string> = {},
): Policy {
  const bytes = (tree: Record<string, string | Uint8Array>) =>
    new Map(Object.entries(tree).map(([name, text]) => [name, Buffer.from(text)]));
  return parsePolicy({ files: bytes(files), runtime: bytes(runtime), legacy: bytes(legacy) });
}

const system = new Map([
  ["dom0", qubeFacts({ type: "AdminVM" })],
  ["work", qubeFacts({ tags: ["blue"] })],
  ["vault", qubeFacts({ tags: ["blue", "locked"] })],
  ["debian", qubeFacts({ type: "TemplateVM" })],
  ["off", qubeFacts({ running: false })],
  ["dvm", qubeFacts({ templateForDispvms: true, tags: ["safe"] })],
  ["web", qubeFacts({ defaultDispvm: "dvm" })],
  ["odd", qubeFacts({ defaultDispvm: "work" })],
]);

/** Asks about one call, written `SOURCE TARGET SERVICE[+ARGUMENT]`. */
function ask(policy: Policy | string, call: string) {
  const read = typeof policy === "string" ? policyOf({ "a.policy": policy }) : policy;
  const [source = "", target = "", name = ""] = call.split(" ");
  const [service = "", ...argument] = name.split("+");
  const { reason, ...answer } = evaluatePolicy(read, system, { source, target, service, argument: argument.join("+") });
  expect(reason).not.toBe("");
  return answer;
}

function verdict(policy: Policy | string, call: string): string {
  const { result, target } = ask(policy, call);
  return target === null ? result : `${result} ${target}`;
}

describe("the policy language", () => {
  it.each([
    ["too few words", "t.S * work vault"],
    ["no action", "t.S * work vault perhaps"],
    ["an action in capitals", "t.S * work vault ALLOW"],
    ["a prefix of a service", "t.* * work vault deny"],
    ["an argument in the service", "t.S+x * work vault deny"],
    ["an argument without +", "t.S x work vault deny"],
    ["a slash in the argument", "t.S +a/b work vault deny"],
    ["an argument for every service", "* +x work vault deny"],
    ["an unknown keyword", "t.S * @every vault deny"],
    ["@default as a source", "t.S * @default vault deny"],
    ["@dispvm as a source", "t.S * @dispvm vault deny"],
    ["an empty tag", "t.S * @tag: vault deny"],
    ["an empty type", "t.S * work @type: deny"],
    ["an empty template", "t.S * work @dispvm: deny"],
    ["an empty template's tag", "t.S * work @dispvm:@tag: deny"],
    ["a keyword for a tag", "t.S * work @tag:@tag:x deny"],
    ["allow for @default without target=", "t.S * work @default allow"],
    ["target=@anyvm", "t.S * work vault allow target=@anyvm"],
    ["target=*", "t.S * work vault allow target=*"],
    ["target=@default", "t.S * work vault allow target=@default"],
    ["target=@tag:x", "t.S * work vault allow target=@tag:x"],
    ["target=@dispvm:@tag:x", "t.S * work vault allow target=@dispvm:@tag:x"],
    ["an empty target=", "t.S * work vault allow target="],
    ["target= of a deny", "t.S * work vault deny target=work"],
    ["user= of a deny", "t.S * work vault deny user=root"],
    ["autostart= of a deny", "t.S * work vault deny autostart=no"],
    ["default_target= of an allow", "t.S * work vault allow default_target=work"],
    ["a parameter that is not known", "t.S * work vault allow usr=root"],
    ["a parameter twice", "t.S * work vault allow user=a user=b"],
    ["a parameter without a value", "t.S * work vault allow target"],
    ["notify=true", "t.S * work vault allow notify=true"],
    ["autostart=maybe", "t.S * work vault ask autostart=maybe"],
    ["parameters after a comma", "t.S * work vault allow,target=work"],
    ["a comment behind a rule", "t.S * work vault deny # why"],
    ["an unknown directive", "!including x"],
    ["a directive with too many words", "!include a b"],
    ["!include-service with two words", "!include-service t.S x"],
    ["!include-service with a wrong argument", "!include-service t.S x inc"],
    ["!compat-4.0 with a word", "!compat-4.0 x"],
    ["a file that is not there", "!include none"],
    ["a file outside of the policy", "!include ../../passwd"],
    ["a directory that is not there", "!include-dir none"],
    ["a file that includes itself", "!include a.policy"],
    ["the directory itself", "!include-dir ."],
    ["a byte order mark", "\ufefft.S * work vault deny"],
    ["nothing but a service", "t.S"],
    ["four words", "t.S * work deny"],
    ["a service of other letters", "t.Sé * work vault deny"],
    ["a control character in the service", "t.S\u0007 * work vault deny"],
    ["a NUL in the argument", "t.S +a\u0000b work vault deny"],
    ["a letter that is not ASCII in the argument", "t.S +é work vault deny"],
    ["a star behind +", "t.S +* work vault deny"],
    ["an argument for every service, even an empty one", "* + work vault deny"],
    ["a slash in the service", "t/S * work vault deny"],
    ["an old keyword", "t.S * @all vault deny"],
    ["a keyword in capitals", "t.S * @ANYVM vault deny"],
    ["a keyword with more behind it", "t.S * @anyvmx vault deny"],
    ["a source that is a disposable of any template", "t.S * @dispvm vault deny"],
    ["an empty source's tag", "t.S * @tag: vault deny"],
    ["a template that is a keyword", "t.S * work @dispvm:@anyvm deny"],
    ["a type that is a keyword", "t.S * work @type:@tag:x deny"],
    ["a lonely @", "t.S * work @ deny"],
    ["allow for @default with a user only", "t.S * work @default allow user=root"],
    ["target=@type:AppVM", "t.S * work vault allow target=@type:AppVM"],
    ["target=@dispvm: of nothing", "t.S * work vault allow target=@dispvm:"],
    ["default_target=@default", "t.S * work vault ask default_target=@default"],
    ["default_target=@anyvm", "t.S * work vault ask default_target=@anyvm"],
    ["an empty default_target=", "t.S * work vault ask default_target="],
    ["default_target= of a deny", "t.S * work vault deny default_target=work"],
    ["target= twice", "t.S * work vault ask target=work target=work"],
    ["notify= twice, with one value", "t.S * work vault deny notify=no notify=no"],
    ["a parameter in capitals", "t.S * work vault allow Target=work"],
    ["notify=YES", "t.S * work vault deny notify=YES"],
    ["an empty notify=", "t.S * work vault deny notify="],
    ["an empty autostart=", "t.S * work vault allow autostart="],
    ["a parameter with no name", "t.S * work vault allow =root"],
    ["blanks around the equals sign", "t.S * work vault allow user = root"],
    ["two actions", "t.S * work vault allow deny"],
    ["a comment behind a parameter", "t.S * work vault allow user=root #why"],
    ["a word of Qubes 4.0 for a keyword's place", "t.S * work @default allow,target=vault"],
    ["!include with nothing", "!include"],
    ["!include-dir with nothing", "!include-dir"],
    ["!include of a directory", "!include more"],
    ["!include-dir of a file", "!include-dir inc"],
    ["!include-service with four words", "!include-service t.S * inc more"],
    ["!include-service for every service and one argument", "!include-service * +x inc"],
    ["!include-service of a file that is not there", "!include-service t.S * none"],
    ["a directive in capitals", "!INCLUDE inc"],
    ["a directive with a blank behind the mark", "! include inc"],
    ["the old directive", "$include:inc"],
    ["a file outside by an absolute path", "!include /etc/passwd"],
  ])("has %s for a syntax error, with its file and line", (_what, line) => {
    const files = { "a.policy": `# first\n\nt.Other * work vault allow\n${line}\n`, inc: "", "more/b.policy": "" };
    const policy = policyOf(files);
    expect(policy.mistakes).toHaveLength(1);
    expect(policy.mistakes[0]).toMatchObject({ file: "a.policy", line: 4 });
    expect(formatPolicyMistake(policy.mistakes[0] ?? { file: "", line: 0, message: "" })).toMatch(/^a\.policy:4: ./);
    // One error in one file denies even what another line allows.
    expect(ask(policy, "work vault t.Other")).toEqual({ result: "deny", target: null, user: null, rule: null });
  });

  it.each([
    "t.S * work vault allow",
    "  t.S\t*   work vault   deny notify=no  ",
    "* * * * deny",
    "t.S + work vault allow",
    "t.S +a+b-.._ work vault allow",
    "t.S * @anyvm @anyvm ask target=vault default_target=vault user=root notify=yes autostart=no",
    "t.S * @adminvm dom0 deny",
    "t.S * @type:AppVM @type:AppVM deny",
    "t.S * @dispvm:dvm @dispvm deny",
    "t.S * @dispvm:@tag:safe @dispvm:@tag:safe deny",
    "t.S * work @default allow target=@dispvm:dvm",
    "t.S * work @default ask",
    "t.S * uuid:0000 vault deny",
    "# a comment\r\n\r\nt.S * work vault deny\r\n",
    "t.S * work vault allow user=",
    "t.S * work vault allow user=a=b",
    "t.S * work vault allow notify=yes autostart=no user=root target=@dispvm",
    "t.S * work vault ask target=@adminvm default_target=dom0",
    "t.S * work vault ask notify=no",
    "t.S * @dispvm:@tag:x @dispvm:x deny",
    "t.S * * * ask",
    "t.S * work @default deny",
    "T-s_0.9 +- work vault deny",
    "t.S\u00a0*\u2003work vault deny",
    "#comment\n   # another, with ünïcode\n\t\nt.S * work vault deny",
    "t.S * work vault deny\r# an old Mac's line\r",
  ])("reads %j", (text) => {
    const policy = policyOf({ "a.policy": text });
    expect(policy.mistakes).toEqual([]);
    expect(policy.rules).toHaveLength(1);
  });

  it("reads files in the order of their names, and only those that are named *.policy", () => {
    const files = {
      "30-b.policy": "t.S * work vault deny",
      "20-a.policy": "t.S * work vault allow",
      "10-first": "t.S * work vault deny",
      ".hidden.policy": "nonsense",
      "20-a.policy.bak": "nonsense",
      "sub/5.policy": "nonsense",
    };
    expect(ask(policyOf(files), "work vault t.S")).toMatchObject({ result: "allow", rule: "20-a.policy:1" });
  });

  it("denies everything for a policy file with a name that dom0 does not read, or that is not UTF-8", () => {
    expect(policyOf({ "20-A.policy": "" }).mistakes).toMatchObject([{ file: "20-A.policy", line: 0 }]);
    expect(policyOf({ "a.policy": Uint8Array.of(0xff) }).mistakes).toMatchObject([{ file: "a.policy", line: 0 }]);
  });

  it("names every mistake, not only the first", () => {
    const policy = policyOf({ "a.policy": "x\nt.S * a b allow\ny", "b.policy": "z" });
    expect(policy.mistakes.map(({ file, line }) => `${file}:${line}`)).toEqual([
      "a.policy:1",
      "a.policy:3",
      "b.policy:1",
    ]);
  });

  it("includes a file where the directive stands, and blames the included line", () => {
    const policy = policyOf({
      "a.policy": "t.S * work off deny\n!include include/x\nt.S * work vault deny",
      "include/x": "# first\nt.S * work vault allow",
    });
    expect(ask(policy, "work vault t.S")).toMatchObject({ result: "allow", rule: "include/x:2" });
    const wrong = policyOf({ "a.policy": "!include /etc/qubes/policy.d/include/x", "include/x": "\nnonsense" });
    expect(wrong.mistakes).toMatchObject([{ file: "include/x", line: 2 }]);
  });

  it("includes a directory's *.policy files, by name", () => {
    const policy = policyOf({
      "a.policy": "!include-dir more",
      "more/2.policy": "t.S * work vault deny",
      "more/1.policy": "t.S * work vault allow",
      "more/other": "nonsense",
    });
    expect(ask(policy, "work vault t.S")).toMatchObject({ result: "allow", rule: "more/1.policy:1" });
  });

  it("ends an include that goes round", () => {
    const policy = policyOf({ "a.policy": "!include x", x: "!include y", y: "\n!include x" });
    expect(policy.mistakes).toMatchObject([{ file: "y", line: 2 }]);
    const round = policyOf({ "a.policy": "!include-dir d", "d/b.policy": "!include-dir d" });
    expect(round.mistakes).toMatchObject([{ file: "d/b.policy", line: 1 }]);
  });

  it("reads the old format for one service", () => {
    const policy = policyOf({
      "a.policy": "!include-service t.S * old\n!include-service t.S +x one",
      old: "$include:older\nwork $anyvm deny",
      older: "# old\nwork vault allow,target=off,user=root",
      one: "work off allow",
    });
    expect(ask(policy, "work vault t.S+y")).toEqual({ result: "allow", target: "off", user: "root", rule: "older:2" });
    expect(ask(policy, "work off t.S")).toMatchObject({ result: "deny", rule: "old:2" });
    expect(policyOf({ "a.policy": "!include-service t.S * old", old: "!include-dir x" }).mistakes).toMatchObject([
      { file: "old", line: 1 },
    ]);
  });

  it("reads what was put there for this run of the machine in one order with the rest, and in its place", () => {
    const lasting = { "20.policy": "t.S * work vault deny", "40.policy": "t.T * work vault allow\n!include include/a" };
    const include = { "include/a": "t.U * work vault allow" };
    const policy = policyOf(
      { ...lasting, ...include },
      {},
      {
        "10.policy": "t.S * work vault allow\n!include include/a",
        "40.policy": "t.T * work vault deny",
        "include/a": "t.V * work vault allow",
      },
    );
    expect(policy.mistakes).toEqual([]);
    expect(ask(policy, "work vault t.S")).toMatchObject({ result: "allow", rule: "/run/qubes/policy.d/10.policy:1" });
    expect(ask(policy, "work vault t.T")).toMatchObject({ result: "deny", rule: "/run/qubes/policy.d/40.policy:1" });
    // Includes are looked up beside the file that names them.
    expect(verdict(policy, "work vault t.V")).toBe("allow vault");
    expect(verdict(policy, "work vault t.U")).toBe("deny");
    expect(policy.traps).toEqual([
      {
        file: "40.policy",
        line: 0,
        message: expect.stringContaining("/run/qubes/policy.d/40.policy stands in its place"),
      },
    ]);
    expect(policyOf({}, {}, { "X.policy": "" }).mistakes[0]?.file).toBe("/run/qubes/policy.d/X.policy");
  });

  it("names files that look like policy and are not read", () => {
    const files = { "20-a.policy.rpmsave": "x", ".20-a.policy.swp": "x", README: "x", "include/b.policy.old": "x" };
    expect(
      policyOf(files)
        .traps.map(({ file }) => file)
        .sort(),
    ).toEqual([".20-a.policy.swp", "20-a.policy.rpmsave"]);
  });

  it("says where the policy of Qubes 4.0 is asked for and is not there to be looked at", () => {
    const files = new Map([["35-compat.policy", Buffer.from("# old\n!compat-4.0\n")]]);
    expect(parsePolicy({ files, runtime: new Map(), legacy: null }).traps).toEqual([
      {
        file: "35-compat.policy",
        line: 2,
        message: expect.stringContaining("/etc/qubes-rpc/policy/, and that directory is not here"),
      },
    ]);
    expect(parsePolicy({ files, runtime: new Map(), legacy: new Map() }).traps).toEqual([]);
  });

  it("reads the policy of Qubes 4.0: special arguments first, and closed behind them", () => {
    const legacy = {
      "t.S": "$anyvm $anyvm allow",
      "t.S+x": "work vault allow",
      "t.T": "$anyvm vault ask",
      "no name": "!",
    };
    const policy = policyOf({ "35-compat.policy": "!compat-4.0", "40.policy": "t.S * @anyvm dom0 allow" }, legacy);
    expect(policy.mistakes).toEqual([]);
    expect(verdict(policy, "work vault t.S+x")).toBe("allow vault");
    expect(ask(policy, "web vault t.S+x")).toMatchObject({ result: "deny", rule: "/etc/qubes-rpc/policy/t.S+x:0" });
    expect(verdict(policy, "web vault t.S+y")).toBe("allow vault");
    expect(verdict(policy, "web dom0 t.S+x")).toBe("deny");
    expect(verdict(policy, "web dom0 t.S+y")).toBe("allow dom0");
    expect(policyOf({ "a.policy": "!compat-4.0" }, { "t.S": "x" }).mistakes).toMatchObject([
      { file: "/etc/qubes-rpc/policy/t.S", line: 1 },
    ]);
  });
});

describe("the evaluator", () => {
  it("denies what no line covers", () => {
    expect(ask("t.S * work vault allow", "web vault t.S")).toEqual({
      result: "deny",
      target: null,
      user: null,
      rule: null,
    });
  });

  it("lets the first line that covers the call decide", () => {
    const policy = "t.S +x work vault deny\nt.S * work vault allow user=root\n* * * * deny";
    expect(ask(policy, "work vault t.S+x")).toMatchObject({ result: "deny", rule: "a.policy:1" });
    expect(ask(policy, "work vault t.S+y")).toEqual({
      result: "allow",
      target: "vault",
      user: "root",
      rule: "a.policy:2",
    });
    expect(ask(policy, "web vault t.S")).toMatchObject({ result: "deny", rule: "a.policy:3" });
  });

  it.each([
    // [line, call, verdict]
    ["t.S + work vault allow", "work vault t.S", "allow vault"],
    ["t.S + work vault allow", "work vault t.S+", "allow vault"],
    ["t.S + work vault allow", "work vault t.S+x", "deny"],
    ["t.S +a work vault allow", "work vault t.S+a+b", "deny"],
    ["t.S * work vault allow", "work vault t.s", "deny"],
    ["t.S * * * allow", "work dom0 t.S", "allow dom0"],
    ["t.S * @anyvm @anyvm allow", "work vault t.S", "allow vault"],
    ["t.S * @anyvm @anyvm allow", "work dom0 t.S", "deny"],
    ["t.S * @anyvm @anyvm allow", "dom0 work t.S", "deny"],
    ["t.S * @adminvm work allow", "dom0 work t.S", "allow work"],
    ["t.S * work @adminvm allow", "work dom0 t.S", "allow dom0"],
    ["t.S * work dom0 allow", "work @adminvm t.S", "allow dom0"],
    ["t.S * @tag:blue @tag:locked allow", "work vault t.S", "allow vault"],
    ["t.S * @tag:blue @tag:locked allow", "vault work t.S", "deny"],
    ["t.S * @type:AppVM @type:TemplateVM allow", "work debian t.S", "allow debian"],
    ["t.S * @type:TemplateVM work allow", "web work t.S", "deny"],
    // dom0 is none of the listed qubes to @type and @tag.
    ["t.S * work @type:AdminVM allow", "work dom0 t.S", "deny"],
    // Every argument form against every kind of argument.
    ["t.S * work vault allow", "work vault t.S", "allow vault"],
    ["t.S * work vault allow", "work vault t.S+x", "allow vault"],
    ["t.S +x work vault allow", "work vault t.S", "deny"],
    ["t.S +x work vault allow", "work vault t.S+x", "allow vault"],
    ["t.S +x work vault allow", "work vault t.S+x+", "deny"],
    ["t.S +x work vault allow", "work vault t.S+X", "deny"],
    ["t.S ++x work vault allow", "work vault t.S++x", "allow vault"],
    ["t.S +a+b work vault allow", "work vault t.S+a+b", "allow vault"],
    ["t.S +.. work vault allow", "work vault t.S+..", "allow vault"],
    ["t.S +- work vault allow", "work vault t.S+-", "allow vault"],
    ["* * work vault allow", "work vault any.Thing+at+all", "allow vault"],
    ["* * work vault deny", "work vault any.Thing", "deny"],
    ["t * work vault allow", "work vault t.S", "deny"],
    ["t.S * work vault allow", "work vault t.Sx", "deny"],
    // Every word for the source.
    ["t.S * work vault allow", "Work vault t.S", "deny"],
    ["t.S * dom0 work allow", "dom0 work t.S", "allow work"],
    ["t.S * * work allow", "dom0 work t.S", "allow work"],
    ["t.S * @type:AppVM vault allow", "work vault t.S", "allow vault"],
    ["t.S * @type:appvm vault allow", "work vault t.S", "deny"],
    ["t.S * @type:DispVM vault allow", "work vault t.S", "deny"],
    ["t.S * @tag:blue vault allow", "web vault t.S", "deny"],
    ["t.S * @tag:Blue vault allow", "work vault t.S", "deny"],
    ["t.S * @type:AdminVM work allow", "dom0 work t.S", "deny"],
    ["t.S * @anyvm vault allow", "gone vault t.S", "allow vault"],
    ["t.S * @tag:blue vault allow", "gone vault t.S", "deny"],
    ["t.S * @dispvm:@tag:safe vault allow", "work vault t.S", "deny"],
    ["* * * * allow", "@anyvm vault t.S", "deny"],
    ["* * * * allow", "@default vault t.S", "deny"],
    // Every word for the target.
    ["t.S * work * allow", "work vault t.S", "allow vault"],
    ["t.S * work * allow target=vault", "work @default t.S", "allow vault"],
    ["t.S * work * allow", "work @default t.S", "deny"],
    ["t.S * work @anyvm allow", "work @default t.S", "deny"],
    ["t.S * work @anyvm allow", "work @dispvm:dvm t.S", "allow @dispvm:dvm"],
    ["t.S * web @anyvm allow", "web @dispvm t.S", "allow @dispvm:dvm"],
    ["t.S * web * allow", "web @dispvm t.S", "allow @dispvm:dvm"],
    ["t.S * web @default allow target=vault", "web @dispvm t.S", "deny"],
    ["t.S * web @dispvm allow", "web @default t.S", "deny"],
    ["t.S * web dvm allow", "web @dispvm:dvm t.S", "deny"],
    ["t.S * web @dispvm:dvm allow", "web dvm t.S", "deny"],
    ["t.S * web @type:AppVM allow", "web @dispvm:dvm t.S", "deny"],
    ["t.S * web @tag:safe allow", "web @dispvm:dvm t.S", "deny"],
    ["t.S * web @tag:safe allow", "web dvm t.S", "allow dvm"],
    ["t.S * work @adminvm allow", "work @default t.S", "deny"],
    ["t.S * work @tag:locked allow", "work @default t.S", "deny"],
    ["t.S * web @dispvm:@tag:safe allow", "web dvm t.S", "deny"],
    ["t.S * odd @dispvm:@tag:blue allow", "odd @dispvm t.S", "deny"],
    // Where it goes.
    ["t.S * work vault allow target=@adminvm", "work vault t.S", "allow dom0"],
    ["t.S * work dom0 allow target=vault", "work dom0 t.S", "allow vault"],
    ["t.S * work vault allow target=@dispvm", "work vault t.S", "deny"],
    ["t.S * web vault allow target=@dispvm", "web vault t.S", "allow @dispvm:dvm"],
    ["t.S * web vault allow target=@dispvm:gone", "web vault t.S", "deny"],
    ["t.S * web vault allow target=dvm", "web vault t.S", "allow dvm"],
    ["t.S * work @tag:locked allow target=off", "work vault t.S", "allow off"],
    ["t.S * work vault deny notify=no", "work vault t.S", "deny"],
    ["t.S * dom0 dom0 allow", "dom0 dom0 t.S", "deny"],
    ["t.S * work @default allow target=work", "work @default t.S", "deny"],
    // A target that does not exist is @default.
    ["t.S * work @default ask target=vault", "work nowhere t.S", "ask vault"],
    ["t.S * work @default deny", "work nowhere t.S", "deny"],
    ["t.S * work * allow target=vault", "work nowhere t.S", "allow vault"],
    ["t.S * work @anyvm allow target=vault", "work @dispvm:nowhere t.S", "deny"],
    ["t.S * work @tag:blue allow target=vault", "work nowhere t.S", "deny"],
    ["t.S * work @default allow target=vault", "work nowhere t.S", "allow vault"],
    ["t.S * work nowhere allow", "work nowhere t.S", "deny"],
    ["t.S * work @anyvm allow", "work nowhere t.S", "deny"],
    ["t.S * work @anyvm allow target=vault", "work @default t.S", "allow vault"],
    ["t.S * work vault allow target=nowhere", "work vault t.S", "deny"],
    ["t.S * work @default allow target=dom0", "work @default t.S", "allow dom0"],
    // Disposables.
    ["t.S * web @dispvm allow", "web @dispvm t.S", "allow @dispvm:dvm"],
    ["t.S * web @dispvm:dvm allow", "web @dispvm t.S", "allow @dispvm:dvm"],
    ["t.S * web @dispvm allow", "web @dispvm:dvm t.S", "deny"],
    ["t.S * web @dispvm:@tag:safe allow", "web @dispvm t.S", "allow @dispvm:dvm"],
    ["t.S * web @dispvm:@tag:safe allow", "web @dispvm:dvm t.S", "allow @dispvm:dvm"],
    ["t.S * web @dispvm:@tag:unsafe allow", "web @dispvm:dvm t.S", "deny"],
    ["t.S * work @dispvm allow", "work @dispvm t.S", "deny"],
    ["t.S * odd @dispvm allow", "odd @dispvm t.S", "deny"],
    ["t.S * work @default allow target=@dispvm:dvm", "work @default t.S", "allow @dispvm:dvm"],
    ["t.S * web @default allow target=@dispvm", "web @default t.S", "allow @dispvm:dvm"],
    ["t.S * work @default allow target=@dispvm:work", "work @default t.S", "deny"],
    ["t.S * work * allow", "work @dispvm:work t.S", "deny"],
    ["t.S * @dispvm:dvm vault allow", "work vault t.S", "deny"],
    // Words that are no target of a call.
    ["* * * * allow", "work @anyvm t.S", "deny"],
    ["* * * * allow", "work @tag:blue t.S", "deny"],
    ["* * * * allow", "work * t.S", "deny"],
    // Started already, or not.
    ["t.S * work off allow", "work off t.S", "allow off"],
    ["t.S * work off allow autostart=no", "work off t.S", "deny"],
    ["t.S * work vault allow autostart=no", "work vault t.S", "allow vault"],
    ["t.S * web @dispvm allow autostart=no", "web @dispvm t.S", "deny"],
    ["t.S * work dom0 allow autostart=no", "work dom0 t.S", "allow dom0"],
    // A qube does not call itself.
    ["t.S * work * allow", "work work t.S", "deny"],
    ["t.S * work vault allow target=work", "work vault t.S", "deny"],
    ["t.S * work off allow autostart=yes", "work off t.S", "allow off"],
    ["t.S * work vault allow target=off autostart=no", "work vault t.S", "deny"],
    // Asking.
    ["t.S * work vault ask target=off", "work vault t.S", "ask off"],
    ["t.S * work vault ask target=off default_target=vault", "work vault t.S", "deny"],
    ["t.S * work vault ask target=off default_target=off", "work vault t.S", "ask off"],
    ["t.S * work * ask default_target=dom0", "work @default t.S", "ask dom0"],
    ["t.S * work @anyvm ask default_target=dom0", "work @default t.S", "deny"],
    ["t.S * work @tag:locked ask default_target=vault", "work @default t.S", "deny"],
    ["t.S * work @anyvm ask default_target=nowhere", "work @default t.S", "deny"],
    ["t.S * work @anyvm ask default_target=work", "work @default t.S", "deny"],
    ["t.S * work @anyvm ask default_target=@dispvm:dvm", "work @default t.S", "ask @dispvm:dvm"],
    ["t.S * work @anyvm ask default_target=@dispvm", "work @default t.S", "ask"],
    ["t.S * work nowhere ask", "work nowhere t.S", "deny"],
    ["t.S * work @anyvm ask", "work @dispvm:nowhere t.S", "deny"],
    ["t.S * work vault ask", "work vault t.S", "ask"],
    ["t.S * work @anyvm ask default_target=vault", "work @default t.S", "ask vault"],
    ["t.S * work @default ask target=vault", "work @default t.S", "ask vault"],
    ["t.S * work @default ask", "work @default t.S", "deny"],
    ["t.S * work @default ask default_target=vault", "work @default t.S", "deny"],
    ["t.S * work work ask", "work work t.S", "deny"],
    ["t.S * work off ask autostart=no", "work off t.S", "deny"],
    ["t.S * web @anyvm ask default_target=@dispvm", "web @default t.S", "ask @dispvm:dvm"],
    ["t.S * work dom0 ask default_target=dom0", "work dom0 t.S", "ask dom0"],
  ])("judges by `%s` the call %s: %s", (line, call, expected) => {
    expect(verdict(line, call)).toBe(expected);
  });

  it("offers dom0 for '*' also where the list of qubes does not name it", () => {
    const policy = policyOf({ "a.policy": "t.S * work * ask default_target=dom0" });
    const listed = new Map([["work", qubeFacts()]]);
    const call = { source: "work", target: "@default", service: "t.S", argument: "" };
    expect(evaluatePolicy(policy, listed, call)).toMatchObject({ result: "ask", target: "dom0" });
  });

  it("takes an empty user= for the qube's own user", () => {
    expect(ask("t.S * work vault allow user=", "work vault t.S")).toMatchObject({ result: "allow", user: null });
    expect(ask("t.S * work vault allow user=a=b", "work vault t.S")).toMatchObject({ result: "allow", user: "a=b" });
  });

  it("says of a word that can call nobody, or cannot be called, which of the two it is", () => {
    const policy = policyOf({ "a.policy": "* * * * allow" });
    const reason = (source: string, target: string): string =>
      evaluatePolicy(policy, system, { source, target, service: "t.S", argument: "" }).reason;
    expect(reason("@tag:blue", "vault")).toContain("'@tag:blue'");
    expect(reason("work", "@tag:blue")).toContain("'@tag:blue'");
  });

  it("offers the user no target that an earlier line denies", () => {
    const policy = "t.S * work vault deny\nt.S * work @tag:blue ask default_target=vault";
    expect(verdict(policy, "work @default t.S")).toBe("deny");
    expect(ask("t.S * work @tag:locked ask\nt.S * work @default ask", "work @default t.S")).toEqual({
      result: "ask",
      target: null,
      user: null,
      rule: "a.policy:2",
    });
  });

  it("never allows for hostile text what it does not allow for no text", () => {
    const word = fc.constantFrom(
      "t.S",
      "*",
      "+",
      "+x",
      "work",
      "vault",
      "@anyvm",
      "@default",
      "allow",
      "deny",
      "\n",
      "!include",
      "a.policy",
    );
    const noise = fc.oneof(word, fc.string({ unit: "binary", maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 40 }), (words) => {
        const policy = policyOf({ "00-first.policy": "t.S * work vault deny", "a.policy": words.join(" ") });
        expect(verdict(policy, "work vault t.S+x")).toBe("deny");
        for (const rule of policy.rules) expect(["00-first.policy", "a.policy"]).toContain(rule.file);
      }),
    );
  });
});
