import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  mergeMaps,
  parseTree,
  renderProblem,
  type TreeMap,
  understandConfiguration,
} from "../../../src/formats/builder-yml/index.ts";
import { configurationOf } from "../../support/builder-place.ts";
import { alice, bob, exampleConfig } from "../../support/real-shape-configs.ts";

const key = `'${alice}'`;

/** What is wrong with the text, one `line: message` each. */
function complaints(text: string): string[] {
  const tree = parseTree("b.yml", text);
  const understood = tree.ok ? understandConfiguration(tree.value) : tree;
  return understood.ok ? [] : understood.error.map(renderProblem);
}

const component = (options: string): string =>
  configurationOf(
    `qubes-release: r4.3\ngit: { maintainers: [${key}, '${bob}'] }\ncomponents:\n- hello: { ${options} }\n`,
  )
    .components.map((found) => JSON.stringify(found))
    .join();

describe("a builder.yml", () => {
  it("gives components their defaults, and what they say themselves", () => {
    const { components } = configurationOf(exampleConfig);
    expect(
      components.map(({ name, branch, packages, timeoutSeconds }) => [name, branch, packages, timeoutSeconds]),
    ).toEqual([
      ["builder-rpm", "main", false, 3600],
      ["template-whonix", "trixie", false, 3600],
      ["core-admin", "release4.3", true, 3600],
      ["linux-kernel", "stable-6.18", true, 21600],
      ["linux-kernel-latest", "main", true, 21600],
      ["installer-qubes-os-windows-tools", "release4.3", true, 3600],
    ]);
    expect(components[2]).toMatchObject({
      url: "https://github.com/QubesOS/qubes-core-admin",
      maintainers: [alice, bob],
    });
    expect(components[1]?.maintainers).not.toContain(alice);
  });

  it("keeps the keys that belong to builder v2", () => {
    expect(configurationOf(exampleConfig).tree).toMatchObject({
      debug: true,
      executor: { options: { dispvm: "@dispvm" } },
    });
  });

  it("has the defaults that the file does not say", () => {
    expect(configurationOf("qubes-release: r4.3\n")).toMatchObject({
      minAgeDays: 5,
      timeoutSeconds: 3600,
      backend: "qubes-builderv2",
      promotion: "native",
      repositoryPublish: { components: null, templates: null, iso: null },
      github: {
        buildReportRepo: "QubesOS/updates-status",
        issuesRepo: "QubesOS/qubes-issues",
        logsBranch: "master",
        dryRun: false,
      },
    });
  });

  it("grants nothing that it does not say", () => {
    const { grants } = configurationOf(`qubes-release: r4.3\ngithub: { maintainers: { ${key}: {} } }\n`);
    expect([...grants.values()]).toEqual([
      { components: [], distributions: [], templates: [], iso: false, hold: false, unhold: false, withdraw: false },
    ]);
  });

  it("weakens the checking of a component only where it says so", () => {
    expect(component("timeout: 60")).toContain('"verificationMode":"signed-tag"');
    expect(component("verification-mode: less-secure-signed-commits-sufficient")).toContain("less-secure");
    const listed = configurationOf(
      "qubes-release: r4.3\ninsecure-skip-checking: [hello]\ncomponents: [hello, other: { verification-mode: insecure-skip-checking }]\n",
    );
    expect(listed.components.map(({ verificationMode }) => verificationMode)).toEqual([
      "insecure-skip-checking",
      "insecure-skip-checking",
    ]);
  });

  const grant = (text: string): string => `qubes-release: r4.3\ngithub:\n  maintainers:\n    ${key}:\n      ${text}\n`;
  it.each([
    [
      "a grant written as a text, which would match by substring",
      grant("components: core-admin"),
      "b.yml:5: components is to be _all_ or a list",
    ],
    ["a grant written as a number", grant("templates: 12"), "b.yml:5: templates is to be _all_ or a list"],
    [
      "a grant for a distribution that does not exist",
      grant("distributions: [vm-fedora]"),
      "b.yml:5: distributions: 'vm-fedora' is not a distribution",
    ],
    [
      "a grant for no component's name",
      grant("components: ['a b']"),
      "b.yml:5: components: 'a b' is not a component's name",
    ],
    ["a right that is no yes or no", grant("iso: '_all_'"), "b.yml:5: iso is to be true or false"],
    [
      "a signer without a fingerprint",
      "qubes-release: r4.3\ngithub: { maintainers: { alice: {} } }",
      "'alice' is not a fingerprint",
    ],
    [
      "a signer that stands twice",
      `qubes-release: r4.3\ngithub:\n  maintainers:\n    ${key}: {}\n    ${key}: {}\n`,
      "b.yml:5: not YAML: Map keys must be unique",
    ],
    [
      "an unknown distribution",
      "qubes-release: r4.3\ndistributions:\n- vm-fc41\n- vm-fedora41\n",
      "b.yml:4: distributions: there is no 'vm-fedora41'",
    ],
    [
      "a distribution without its package set",
      "qubes-release: r4.3\ndistributions: [fc41]",
      "there is no 'fc41'; write host-NAME or vm-NAME",
    ],
    [
      "a distribution that stands twice",
      "qubes-release: r4.3\ndistributions: [vm-fc41, vm-fc41]",
      "'vm-fc41' stands twice",
    ],
    [
      "a component with a path for a name",
      "qubes-release: r4.3\ncomponents: ['../x']",
      "'../x' is not a component's name",
    ],
    [
      "a URL that runs a program",
      "qubes-release: r4.3\ncomponents:\n- x: { url: 'ext::sh -c id', verification-mode: insecure-skip-checking }",
      "b.yml:3: url: 'ext::sh -c id' is not a URL",
    ],
    [
      "a URL that is an option",
      "qubes-release: r4.3\ncomponents:\n- x: { url: '--upload-pack=id', verification-mode: insecure-skip-checking }",
      "is not a URL",
    ],
    [
      "a branch that is an option",
      "qubes-release: r4.3\ngit: { branch: '--force' }",
      "b.yml:2: branch: '--force' is not a branch's name",
    ],
    [
      "a component that nobody may sign",
      "qubes-release: r4.3\ncomponents: [hello]",
      "b.yml:2: components: hello needs 1 maintainers who sign and has 0",
    ],
    [
      "more signers needed than there are",
      `qubes-release: r4.3\ngit: { maintainers: [${key}] }\ncomponents:\n- hello: { min-distinct-maintainers: 2 }`,
      "hello needs 2 maintainers who sign and has 1",
    ],
    [
      "a mode of checking that does not exist",
      `qubes-release: r4.3\ngit: { maintainers: [${key}] }\ncomponents:\n- hello: { verification-mode: none }`,
      "verification-mode is to be one of signed-tag,",
    ],
    ["a limit that is no number", "qubes-release: r4.3\ntimeout: 1h", "b.yml:2: timeout is to be a whole number"],
    ["a missing release", "timeout: 60", "b.yml:1: qubes-release is missing"],
    ["a release of another form", "qubes-release: '4.3'", "qubes-release: '4.3' is not a release such as r4.3"],
    [
      "a template for no distribution",
      "qubes-release: r4.3\ntemplates:\n- fedora-44: { dist: fedora44 }",
      "b.yml:3: dist: 'fedora44' is not a distribution without its package set",
    ],
    ["a template without its distribution", "qubes-release: r4.3\ntemplates: [fedora-44]", "fedora-44 needs 'dist'"],
    [
      "a repository that does not exist",
      "qubes-release: r4.3\nrepository-publish: { components: testing }",
      "components: 'testing' is not a repository",
    ],
    ["a short key", "qubes-release: r4.3\nsign-key: { rpm: '1B496066' }", "rpm: '1B496066' is not a fingerprint"],
    [
      "an upload target that is an option",
      "qubes-release: r4.3\nrepository-upload-remote-host: { rpm: '-e sh' }",
      "is not an rsync target",
    ],
    ["a list where a map belongs", "qubes-release: r4.3\ngithub: []", "b.yml:2: github is to be a map, here is a list"],
    ["no map at all", "- a\n", "a configuration is to be a map"],
    ["no YAML", "a: [\n", "not YAML"],
  ])("is refused for %s, with its line and what would be right", (_name, text, complaint) => {
    expect(complaints(text).join("\n")).toContain(complaint);
  });

  it("is told everything that is wrong at once", () => {
    expect(complaints("qubes-release: x\ntimeout: x\nmin-age-days: x\n")).toHaveLength(3);
  });

  it("refuses lines that stand for gigabytes", () => {
    const text = `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(",")}]`).join("\n")}\n`;
    expect(complaints(text).join()).toContain("too large");
  });

  it("never throws, whatever bytes it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => Array.isArray(complaints(text))),
      { numRuns: 300 },
    );
    const yamlish = fc.array(
      fc.constantFrom("github:", " maintainers:", "  - ", "- ", "{", "}", "&a ", "*a", "\n", "x", ": ", "+", "<<: "),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(yamlish, (parts) => Array.isArray(complaints(parts.join("")))),
      { numRuns: 300 },
    );
  });
});

describe("merging over an included file", () => {
  const merged = (base: string, later: string): string => {
    const maps = [base, later].map((text) => {
      const tree = parseTree("m.yml", text);
      if (!tree.ok || tree.value.kind !== "map") throw new Error("not a map");
      return tree.value;
    }) as [TreeMap, TreeMap];
    const empty: TreeMap = { ...maps[0], entries: new Map() };
    const show = (value: unknown): unknown => value;
    const result = mergeMaps(mergeMaps(empty, maps[0]), maps[1]);
    return JSON.stringify(show(plainOf(result)));
  };
  function plainOf(map: TreeMap): unknown {
    const convert = (tree: TreeMap["entries"] extends ReadonlyMap<string, { value: infer V }> ? V : never): unknown =>
      tree.kind === "map"
        ? Object.fromEntries([...tree.entries].map(([name, entry]) => [name, convert(entry.value)]))
        : tree.kind === "list"
          ? tree.items.map(convert)
          : tree.value;
    return convert(map);
  }

  it.each([
    ["later wins", "a: 1\nb: 2", "b: 3", { a: 1, b: 3 }],
    ["maps merge deeply", "g: { a: 1, m: { x: 1 } }", "g: { m: { y: 2 } }", { g: { a: 1, m: { x: 1, y: 2 } } }],
    ["lists are replaced", "l: [a, b]", "l: [c]", { l: ["c"] }],
    ["+KEY appends", "l: [a]", "+l: [b]", { l: ["a", "b"] }],
    ["+KEY does not repeat", "l: [a]", "+l: [a]", { l: ["a"] }],
    [
      "+KEY merges an item of the same name where it stands",
      "l: [a: { x: 1 }, b]",
      "+l: [a: { y: 2 }, b: { z: 3 }]",
      { l: [{ a: { x: 1, y: 2 } }, { b: { z: 3 } }] },
    ],
    ["+KEY over nothing is the list", "a: 1", "+l: [b]", { a: 1, l: ["b"] }],
    ["+KEY works inside maps", "g: { l: [a] }", "g: { +l: [b] }", { g: { l: ["a", "b"] } }],
    ["+KEY in a map over nothing is folded", "a: 1", "g: { +l: [b] }", { a: 1, g: { l: ["b"] } }],
    [
      "merge keys are read as PyYAML reads them",
      "d: &d { x: 1 }\ne: { <<: *d, y: 2 }",
      "f: yes",
      { d: { x: 1 }, e: { x: 1, y: 2 }, f: true },
    ],
  ])("%s", (_name, base, later, expected) => {
    expect(JSON.parse(merged(base, later))).toEqual(expected);
  });
});
