/** The whole grammar in two tables, kept together so that both can be read beside the specification (hence its length). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandTable, parseCommandLine } from "../../commands/index.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const named = (...names: string[]) => ({ kind: "named", names });

/** Each row of the grammar: lines that are commands, and which. */
const accepted: Readonly<Record<string, readonly (readonly [line: string, command: object])[]>> = {
  "Upload-component": [
    [
      `Upload-component r4.3 core-admin ${sha} current all`,
      {
        kind: "upload-component",
        release: "r4.3",
        component: "core-admin",
        commit: sha,
        repository: "current",
        distributions: { kind: "all" },
      },
    ],
    [
      `Upload-component devel gtk+ ${sha} security-testing vm-bookworm`,
      { release: "devel", repository: "security-testing", distributions: named("vm-bookworm") },
    ],
    [
      `Upload-component r4.3 core-admin ${sha} current vm-bookworm,vm-fc37`,
      { distributions: named("vm-bookworm", "vm-fc37") },
    ],
    [
      `Upload-component r4.3 core-admin ${sha} current host-fc41 vm-fc42.ppc64le`,
      { distributions: named("host-fc41", "vm-fc42.ppc64le") },
    ],
    [
      `Upload-component r4.3 core-admin ${sha} current host-fc41,vm-fc41 vm-sid`,
      { distributions: named("host-fc41", "vm-fc41", "vm-sid") },
    ],
    [`Upload-component r4.3 core-admin ${sha} current dom0-fc41`, { distributions: named("host-fc41") }],
    [`Upload-component rdevel core-admin ${sha} current all`, { release: "devel" }],
  ],
  "Upload-template": [
    [
      "Upload-template r4.3 debian-13-xfce 4.3.0-202508191723 templates-itl",
      {
        kind: "upload-template",
        release: "r4.3",
        template: "debian-13-xfce",
        version: "4.3.0-202508191723",
        repository: "templates-itl",
      },
    ],
    ["Upload-template r4.3 fc42+minimal 4-202508191723 templates-community", { repository: "templates-community" }],
  ],
  "Build-template": [
    [
      "Build-template r4.3 debian-13-xfce 202508191723",
      { kind: "build-template", template: "debian-13-xfce", timestamp: "202508191723" },
    ],
    ["Build-template r4.1 fc37 202508191723", { template: "fc37" }],
    ["Build-template r4.1 fc37+minimal 202508191723", { template: "fc37+minimal" }],
  ],
  "Build-iso": [
    [
      "Build-iso r4.2 4.2.202303211327 202303211327",
      { kind: "build-iso", release: "r4.2", version: "4.2.202303211327", timestamp: "202303211327" },
    ],
    ["Build-iso r4.3 4.3.0-rc1 202303211327", { version: "4.3.0-rc1" }],
  ],
  Upload: [
    [
      `Upload core-admin ${sha} r4.1 current repo`,
      {
        kind: "upload-component",
        release: "r4.1",
        component: "core-admin",
        commit: sha,
        repository: "current",
        distributions: { kind: "all" },
      },
    ],
    [
      `Upload core-admin ${sha} r4.1 security-testing dom0-fc37 vm-bullseye repo`,
      { repository: "security-testing", distributions: named("host-fc37", "vm-bullseye") },
    ],
    [
      `Upload core-admin ${sha} r4.1 current vm-fc37,vm-bullseye repo`,
      { distributions: named("vm-fc37", "vm-bullseye") },
    ],
    [
      "Upload linux-template-builder 4.1.0-202303211327 r4.1 templates-itl vm-fc37 repo",
      { kind: "upload-template", template: "fc37", version: "4.1.0-202303211327", repository: "templates-itl" },
    ],
    [
      "Upload linux-template-builder 4.1.0-202303211327 r4.1 templates-community vm-fc37+minimal repo",
      { template: "fc37+minimal", repository: "templates-community" },
    ],
  ],
  "Build-component": [
    [
      `Build-component r4.3 core-admin ${sha} vm-bookworm,host-fc41 202508191723`,
      { kind: "build-component", distributions: named("vm-bookworm", "host-fc41"), timestamp: "202508191723" },
    ],
    [
      `Build-component r4.3 core-admin ${sha} vm-bookworm host-fc41 202508191723`,
      { distributions: named("vm-bookworm", "host-fc41"), timestamp: "202508191723" },
    ],
    [`Build-component r4.3 core-admin ${sha} all 202508191723`, { distributions: { kind: "all" } }],
  ],
  Hold: [
    [
      `Hold r4.3 core-admin ${sha} all`,
      { kind: "hold", release: "r4.3", component: "core-admin", commit: sha, distributions: { kind: "all" } },
    ],
  ],
  Unhold: [[`Unhold r4.3 core-admin ${sha} vm-sid`, { kind: "unhold", distributions: named("vm-sid") }]],
  "Withdraw-component": [
    [
      `Withdraw-component r4.3 core-admin ${sha} current all`,
      { kind: "withdraw-component", commit: sha, repository: "current", distributions: { kind: "all" } },
    ],
    [`Withdraw-component r4.3 core-admin ${sha} current-testing vm-sid`, { repository: "current-testing" }],
    [`Withdraw-component r4.3 core-admin ${sha} security-testing vm-sid`, { repository: "security-testing" }],
    [`Withdraw-component r4.3 core-admin ${sha} unstable vm-sid`, { repository: "unstable" }],
  ],
};

/** Each row of the grammar: lines that are not, the code, and what the answer has to name. */
const refused: Readonly<Record<string, readonly (readonly [line: string, code: string, says: string])[]>> = {
  "any line": [
    ["", "COMMAND_MALFORMED", "one space"],
    [" ", "COMMAND_MALFORMED", "one space"],
    ["Frobnicate r4.3", "COMMAND_UNKNOWN", "Frobnicate"],
    ["--help", "COMMAND_MALFORMED", "dash"],
    ["constructor r4.3", "COMMAND_UNKNOWN", "constructor"],
    [` Hold r4.3 core-admin ${sha} all`, "COMMAND_MALFORMED", "one space"],
    [`Hold r4.3 core-admin ${sha} all `, "COMMAND_MALFORMED", "one space"],
    [`Hold  r4.3 core-admin ${sha} all`, "COMMAND_MALFORMED", "one space"],
    [`Hold\tr4.3 core-admin ${sha} all`, "COMMAND_MALFORMED", "letters, digits"],
    [`Hold r4.3 core-admin ${sha} all\n`, "COMMAND_MALFORMED", "letters, digits"],
    [`Hold r4.3 core-admin ${sha} all\r`, "COMMAND_MALFORMED", "letters, digits"],
    [`Hold r4.3 core-admin ${sha} vm-s\u200bid`, "COMMAND_MALFORMED", "letters, digits"],
    [`Hold r4.3 ../../etc ${sha} all`, "COMMAND_MALFORMED", "letters, digits"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's word, which must never be one
    [`${"Hold r4.3 x;touch${IFS}pwned"} ${sha} all`, "COMMAND_MALFORMED", "letters, digits"],
    [`Hold r4.3 --help ${sha} all`, "COMMAND_MALFORMED", "dash"],
    [`Hold r4.3 core-admin ${sha} ${"vm-fc41,".repeat(40)}vm-sid`, "COMMAND_MALFORMED", "255"],
    [`hold r4.3 core-admin ${sha} all`, "COMMAND_UNKNOWN", "hold"],
  ],
  "Upload-component": [
    ["Upload-component", "COMMAND_MALFORMED", "RELEASE is missing"],
    [`Upload-component r4.3 core-admin ${sha} current`, "COMMAND_MALFORMED", "DISTS is missing"],
    [`Upload-component 4.3 core-admin ${sha} current all`, "COMMAND_MALFORMED", "'4.3' is no RELEASE"],
    [`Upload-component r4.3 core.admin ${sha} current all`, "COMMAND_MALFORMED", "'core.admin' is no COMPONENT"],
    [`Upload-component r4.3 +x ${sha} current all`, "COMMAND_MALFORMED", "'+x' is no COMPONENT"],
    [`Upload-component r4.3 ${"a".repeat(65)} ${sha} current all`, "COMMAND_MALFORMED", "is no COMPONENT"],
    [`Upload-component r4.3 core-admin ${sha.toUpperCase()} current all`, "COMMAND_MALFORMED", "is no SHA"],
    [`Upload-component r4.3 core-admin ${sha.slice(1)} current all`, "COMMAND_MALFORMED", "is no SHA"],
    [`Upload-component r4.3 core-admin ${sha}0 current all`, "COMMAND_MALFORMED", "is no SHA"],
    [`Upload-component r4.3 core-admin ${sha} current-testing all`, "REPOSITORY_UNKNOWN", "current-testing"],
    [`Upload-component r4.3 core-admin ${sha} templates-itl all`, "REPOSITORY_UNKNOWN", "templates-itl"],
    [`Upload-component r4.3 core-admin ${sha} Current all`, "REPOSITORY_UNKNOWN", "Current"],
    [`Upload-component r4.3 core-admin ${sha} current all,vm-sid`, "COMMAND_MALFORMED", "alone"],
    [`Upload-component r4.3 core-admin ${sha} current all vm-sid`, "COMMAND_MALFORMED", "alone"],
    [`Upload-component r4.3 core-admin ${sha} current vm-sid,,vm-fc41`, "COMMAND_MALFORMED", "empty"],
    [`Upload-component r4.3 core-admin ${sha} current vm-sid,`, "COMMAND_MALFORMED", "empty"],
    [`Upload-component r4.3 core-admin ${sha} current ,vm-sid`, "COMMAND_MALFORMED", "empty"],
    [`Upload-component r4.3 core-admin ${sha} current vm-sid,vm-sid`, "COMMAND_MALFORMED", "twice"],
    [`Upload-component r4.3 core-admin ${sha} current dom0-fc41,host-fc41`, "COMMAND_MALFORMED", "twice"],
    [`Upload-component r4.3 core-admin ${sha} current bookworm`, "COMMAND_MALFORMED", "'bookworm' is no distribution"],
    [`Upload-component r4.3 core-admin ${sha} current vm-Bookworm`, "COMMAND_MALFORMED", "'vm-Bookworm'"],
    [`Upload-component r4.3 core-admin ${sha} current vm-1x`, "COMMAND_MALFORMED", "'vm-1x'"],
    [`Upload-component r4.3 core-admin ${sha} current _all_`, "COMMAND_MALFORMED", "'_all_'"],
  ],
  "Upload-template": [
    ["Upload-template r4.3 debian-13-xfce 4.3.0 templates-itl", "COMMAND_MALFORMED", "is no VERSION"],
    ["Upload-template r4.3 debian-13-xfce 4.3.0-202502301723 templates-itl", "COMMAND_MALFORMED", "is no VERSION"],
    [
      "Upload-template r4.3 debian-13-xfce 4.3.0-202508191723 templates-itl-testing",
      "REPOSITORY_UNKNOWN",
      "templates-itl",
    ],
    ["Upload-template r4.3 debian-13-xfce 4.3.0-202508191723 current", "REPOSITORY_UNKNOWN", "current"],
    ["Upload-template r4.3 debian.13 4.3.0-202508191723 templates-itl", "COMMAND_MALFORMED", "is no TEMPLATE"],
    ["Upload-template r4.3 debian-13-xfce 4.3.0-202508191723 templates-itl all", "COMMAND_MALFORMED", "too many"],
  ],
  "Build-template": [
    ["Build-template r4.3 debian-13-xfce", "COMMAND_MALFORMED", "TIMESTAMP is missing"],
    ["Build-template r4.3 debian-13-xfce 202513191723", "COMMAND_MALFORMED", "is no TIMESTAMP"],
    ["Build-template r4.3 debian-13-xfce 20250819", "COMMAND_MALFORMED", "is no TIMESTAMP"],
    ["Build-template r4.3 debian-13-xfce 202508191723 x", "COMMAND_MALFORMED", "too many"],
  ],
  "Build-iso": [
    ["Build-iso r4.3 rc1 202508191723", "COMMAND_MALFORMED", "is no VERSION"],
    ["Build-iso r4.3 4.3.0-rc 202508191723", "COMMAND_MALFORMED", "is no VERSION"],
    ["Build-iso r4.3 4.3.0-rc1 202508192460", "COMMAND_MALFORMED", "is no TIMESTAMP"],
    ["Build-iso r4.3 4.3.0-rc1", "COMMAND_MALFORMED", "TIMESTAMP is missing"],
  ],
  Upload: [
    [`Upload core-admin ${sha} r4.1 current`, "COMMAND_MALFORMED", "'repo' is expected"],
    [`Upload core-admin ${sha} r4.1 repo`, "COMMAND_MALFORMED", "REPOSITORY is missing"],
    [`Upload core-admin ${sha} r4.1 templates-itl repo`, "REPOSITORY_UNKNOWN", "templates-itl"],
    [`Upload linux-template-builder ${sha} r4.1 templates-itl vm-fc37 repo`, "COMMAND_MALFORMED", "is no VERSION"],
    [
      "Upload linux-template-builder 4.1.0-202303211327 r4.1 templates-itl vm-fc37 vm-fc38 repo",
      "COMMAND_MALFORMED",
      "too many",
    ],
    ["Upload linux-template-builder 4.1.0-202303211327 r4.1 templates-itl repo", "COMMAND_MALFORMED", "missing"],
    ["Upload linux-template-builder 4.1.0-202303211327 r4.1 templates-itl fc37 repo", "COMMAND_MALFORMED", "'vm-'"],
    ["Upload linux-template-builder 4.1.0-202303211327 r4.1 current vm-fc37 repo", "REPOSITORY_UNKNOWN", "current"],
    ["Upload", "COMMAND_MALFORMED", "'repo' is missing"],
  ],
  "Build-component": [
    [`Build-component r4.3 core-admin ${sha} 202508191723`, "COMMAND_MALFORMED", "DISTS is missing"],
    [`Build-component r4.3 core-admin ${sha} vm-sid`, "COMMAND_MALFORMED", "is no TIMESTAMP"],
  ],
  Hold: [
    [`Hold r4.3 core-admin ${sha}`, "COMMAND_MALFORMED", "DISTS is missing"],
    ["Hold r4.3 core-admin all", "COMMAND_MALFORMED", "is no SHA"],
  ],
  Unhold: [[`Unhold r4.3 core-admin ${sha} vm-`, "COMMAND_MALFORMED", "'vm-'"]],
  "Withdraw-component": [
    [`Withdraw-component r4.3 core-admin ${sha} templates-itl all`, "REPOSITORY_UNKNOWN", "templates-itl"],
    [`Withdraw-component r4.3 core-admin ${sha} all`, "REPOSITORY_UNKNOWN", "'all'"],
  ],
};

describe("the command line", () => {
  it("has a table of accepted and one of refused lines for each command", () => {
    const words = commandTable.map(({ word }) => word).sort();
    expect(Object.keys(accepted).sort()).toEqual(words);
    expect(
      Object.keys(refused)
        .filter((word) => word !== "any line")
        .sort(),
    ).toEqual(words);
  });

  it.each(Object.values(accepted).flat())("reads %j", (line, command) => {
    expect(parseCommandLine(line)).toMatchObject({ ok: true, value: command });
  });

  it.each(Object.values(refused).flat())("refuses %j as %s", (line, code, says) => {
    const parsed = parseCommandLine(line);
    expect(parsed).toMatchObject({ ok: false, error: { code } });
    if (!parsed.ok) expect(parsed.error.message).toContain(says);
  });

  it("reads every example of the table of commands into the kind that it documents", () => {
    for (const { kind, spellings } of commandTable) {
      for (const { example } of spellings) {
        const parsed = parseCommandLine(example);
        expect(parsed.ok, example).toBe(true);
        if (parsed.ok && kind !== null) expect(parsed.value.kind).toBe(kind);
      }
    }
  });

  it("answers whatever stands on a line, and accepts only what it can write again", () => {
    const words = fc.constantFrom(
      ...[
        "Upload-component",
        "Upload",
        "Hold",
        "Build-iso",
        "r4.3",
        "core-admin",
        sha,
        "current",
        "all",
        "vm-sid,vm-fc41",
      ],
      ...[
        "202508191723",
        "4.3.0-202508191723",
        "repo",
        "linux-template-builder",
        "templates-itl",
        "vm-fc37",
        "--help",
        "",
      ],
    );
    const lines = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.array(words, { maxLength: 8 }).map((all) => all.join(" ")),
    );
    fc.assert(
      fc.property(lines, (line) => {
        const parsed = parseCommandLine(line);
        if (parsed.ok) expect(line).toMatch(/^[A-Z][A-Za-z-]+( [A-Za-z0-9][A-Za-z0-9_.,+-]*)+$/);
        else expect(parsed.error.message).not.toBe("");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a mistyped command", () => {
  it.each([
    [`upload-component r4.3 core-admin ${sha} current all`, `Upload-component r4.3 core-admin ${sha} current all`],
    [`Upload-componet r4.3 core-admin ${sha} current all`, `Upload-component r4.3 core-admin ${sha} current all`],
    [`Upload-component 4.3 core-admin ${sha} current all`, `Upload-component r4.3 core-admin ${sha} current all`],
    [
      `Upload-component r4.3  core-admin ${sha.toUpperCase()} curent all `,
      `Upload-component r4.3 core-admin ${sha} current all`,
    ],
    [`Upload core-admin ${sha} r4.1 current vm-fc37`, `Upload core-admin ${sha} r4.1 current vm-fc37 repo`],
    ["build_iso r4.3 4.3.0-rc1 202508191723", "Build-iso r4.3 4.3.0-rc1 202508191723"],
  ])("%j is told the nearest valid one", (line, nearest) => {
    expect(parseCommandLine(line)).toMatchObject({ ok: false, error: { remedy: `did you mean '${nearest}'?` } });
    expect(parseCommandLine(nearest).ok).toBe(true);
  });

  it("is told its form where nobody can know what was meant", () => {
    const parsed = parseCommandLine(`Upload-component r4.3 core-admin ${sha}`);
    expect(parsed).toMatchObject({
      ok: false,
      error: { remedy: "the form is 'Upload-component RELEASE COMPONENT SHA REPOSITORY DISTS'" },
    });
  });

  it("is told which commands there are where none is near", () => {
    const parsed = parseCommandLine("Frobnicate everything");
    expect(parsed.ok ? "" : parsed.error.remedy).toContain("Upload-component, Upload-template");
  });
});
