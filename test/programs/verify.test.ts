import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runVerify } from "../../src/programs/cli/verify/run.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { tryTool } from "../support/tool.ts";

const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");
const sha = "0123456789abcdef0123456789abcdef01234567";
const at = new Date("2023-03-21T13:27:44Z");
const clock = ["--at", "2023-03-21T13:30:00Z"];
const iso = "Build-iso r4.2 4.2.202303211327 202303211327";
const upload = `Upload-component r4.2 core-admin ${sha} current vm-bookworm,host-fc37`;

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

let home: GpgHome;
let place: string;
let key: string;
let message: string;
/** The options that name the trusted keys. */
let keys: readonly string[];

beforeAll(() => {
  home = new GpgHome();
  place = mkdtempSync(join(tmpdir(), "verify-"));
  key = home.makeKey({ created: new Date("2023-01-01T00:00:00Z") });
  message = home.clearSign(`${iso}\n`, { key, at });
  mkdirSync(join(place, "keys"));
  writeFileSync(join(place, "keys", `${key}.asc`), home.exportKey(key));
  keys = ["--keys", join(place, "keys")];
});
afterAll(() => {
  home.remove();
  rmSync(place, { recursive: true, force: true });
});

/** Runs the program within this process, as its entry does. */
async function verify(input: string, ...args: readonly string[]): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const status = await runVerify(args, {
    environment: {},
    now: new Date(),
    standardInput: () => Buffer.from(input),
    say: (text) => {
      said.stdout += text;
    },
    complain: (text) => {
      said.stderr += text;
    },
  });
  return { status, ...said };
}

/** Runs it as it is run at home. */
function spawned(input: string, ...args: readonly string[]): Ran {
  const run = tryTool("node", [program, "verify", ...args], { input });
  return { status: run.status, stdout: run.stdout.toString(), stderr: run.stderr };
}

/** The one JSON object that is printed, with the exit status that goes with it. */
async function judged(input: string, ...args: readonly string[]): Promise<unknown> {
  const { status, stdout, stderr } = await verify(input, ...keys, "--json", ...args);
  expect(stdout, stderr).toMatch(/^\{.*\}\n$/);
  const object = JSON.parse(stdout) as { accepted: boolean };
  expect(status).toBe(object.accepted ? 0 : 1);
  return object;
}

describe("the offline check, for scripts", () => {
  it("prints who signed what and when, with each command's own fields", async () => {
    const two = home.clearSign(`${iso}\n${upload}\n`, { key, at });
    expect(await judged(two, ...clock)).toEqual({
      accepted: true,
      messages: [
        {
          accepted: true,
          signer: key,
          signedAt: "2023-03-21T13:27:44Z",
          commands: [
            {
              line: iso,
              accepted: true,
              kind: "build-iso",
              release: "r4.2",
              version: "4.2.202303211327",
              timestamp: "202303211327",
            },
            {
              line: upload,
              accepted: true,
              kind: "upload-component",
              release: "r4.2",
              component: "core-admin",
              commit: sha,
              repository: "current",
              distributions: ["vm-bookworm", "host-fc37"],
            },
          ],
        },
      ],
    });
  });

  it.each([
    [
      "Upload linux-template-builder 4.2.0-202303211327 r4.2 templates-itl vm-fc37+minimal repo",
      { template: "fc37+minimal", version: "4.2.0-202303211327" },
    ],
    [`Hold r4.2 core-admin ${sha} all`, { kind: "hold", distributions: "all" }],
    [
      `Upload core-admin ${sha} r4.2 current dom0-fc37 repo`,
      { kind: "upload-component", distributions: ["host-fc37"] },
    ],
    ["Build-template r4.2 fc37+minimal 202303211327", { kind: "build-template", timestamp: "202303211327" }],
  ])("reads v1's spelling and v2's into the same fields: %s", async (line, fields) => {
    const judgement = await judged(home.clearSign(`${line}\n`, { key, at }), ...clock);
    expect(judgement).toMatchObject({ accepted: true, messages: [{ commands: [{ line, ...fields }] }] });
  });

  it("prints a message that is not good without its commands", async () => {
    const stranger = home.makeKey({ created: new Date("2023-01-01T00:00:00Z") });
    const judgement = await judged(home.clearSign(`${iso}\n`, { key: stranger, at }), ...clock);
    expect(judgement).toEqual({
      accepted: false,
      messages: [
        { accepted: false, code: "SIGNER_UNKNOWN", message: `the key ${stranger} is not trusted here`, commands: [] },
      ],
    });
  });

  it.each<[string, () => string, readonly string[], string]>([
    ["another text", () => message.replace("iso", "Iso"), clock, "SIGNATURE_INVALID"],
    ["an old signature", () => message, ["--at", "2023-03-29T13:30:00Z"], "SIGNATURE_TOO_OLD"],
    ["a signature from the future", () => message, ["--at", "2023-03-21T13:20:00Z"], "SIGNATURE_IN_FUTURE"],
    ["no Hash header", () => message.replace(/Hash.*\n/, ""), clock, "FRAME_INVALID"],
    ["a signature of today, without a clock", () => message, [], "SIGNATURE_TOO_OLD"],
  ])("says why %s is refused", async (_name, make, args, code) => {
    expect(await judged(make(), ...args)).toMatchObject({ accepted: false, messages: [{ code, commands: [] }] });
  });

  it("judges each line for itself, and gives the message the code of the first that is refused", async () => {
    const signed = home.clearSign(`${iso}\nFrobnicate x\nBuild-iso r4.2 4.2 202303201327\n`, { key, at });
    expect(await judged(signed, ...clock)).toMatchObject({
      accepted: false,
      messages: [
        {
          accepted: false,
          signer: key,
          code: "COMMAND_UNKNOWN",
          commands: [
            { line: iso, accepted: true },
            { line: "Frobnicate x", accepted: false, code: "COMMAND_UNKNOWN" },
            { accepted: false, code: "TIMESTAMP_OUT_OF_RANGE", kind: "build-iso" },
          ],
        },
      ],
    });
  });

  it("accepts a whole comment only when every message in it is accepted", async () => {
    const comment = `hello\r\n${message.replaceAll("\n", "\r\n")}and\r\n${message}`;
    expect(await judged(comment, ...clock)).toMatchObject({ accepted: true, messages: [{}, {}] });
    const spoilt = `${message}${message.replace("iso", "Iso")}`;
    expect(await judged(spoilt, ...clock)).toMatchObject({
      accepted: false,
      messages: [{ accepted: true }, { accepted: false }],
    });
  });

  it("finds no message where there is none", async () => {
    for (const comment of ["", "hello", `> ${message.replaceAll("\n", "\n> ")}`, message.replaceAll(/^/gm, "    ")]) {
      expect(await judged(comment, ...clock)).toEqual({ accepted: false, messages: [] });
    }
  });

  it("takes one message byte for byte with --raw, and normalises nothing", async () => {
    expect(await judged(message, "--raw", ...clock)).toMatchObject({ accepted: true });
    for (const spoilt of [message.replaceAll("\n", "\r\n"), `${message}\n`, message.replace("iso", "iso "), ""]) {
      expect(await judged(spoilt, "--raw", ...clock)).toMatchObject({
        accepted: false,
        messages: [{ accepted: false }],
      });
    }
  });

  it("is a program that reads standard input", () => {
    expect(spawned(message, ...keys, ...clock)).toMatchObject({ status: 0, stderr: "" });
    expect(spawned(message, ...keys, "--json", "-")).toMatchObject({ status: 1 });
  });

  it("reads a file, standard input, and a keyring of keys", async () => {
    const file = join(place, "message.asc");
    writeFileSync(file, message);
    writeFileSync(join(place, "keyring.gpg"), home.gpg(["--export", key]));
    expect(await judged("", file, ...clock)).toMatchObject({ accepted: true });
    expect(await judged(message, "-", ...clock)).toMatchObject({ accepted: true });
    expect(await judged(message, "--keys", join(place, "keyring.gpg"), ...clock)).toMatchObject({ accepted: true });
  });
});

describe("the offline check with a configuration", () => {
  const builder = (grants: string): string => {
    const file = join(place, "builder.yml");
    writeFileSync(
      file,
      `qubes-release: r4.2
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [host-fc37, vm-bookworm]
components: [core-admin]
github: { maintainers: ${grants} }
`,
    );
    return file;
  };
  const codes = async (line: string, grants: string): Promise<unknown> => {
    const judgement = await judged(home.clearSign(`${line}\n`, { key, at }), "--config", builder(grants), ...clock);
    const { messages } = judgement as { messages: { code?: string }[] };
    return messages.map(({ code }) => code ?? "accepted");
  };
  const all = "components: _all_, distributions: _all_, templates: _all_";

  it("judges what the signer is granted", async () => {
    expect(await codes(upload, `{ '${key}': { ${all} } }`)).toEqual(["accepted"]);
    expect(await codes(upload, `{ '${key}': { components: [core-admin], distributions: [host-fc37] } }`)).toEqual([
      "NOT_GRANTED",
    ]);
    expect(await codes(upload, "{}")).toEqual(["NOT_GRANTED"]);
    expect(await codes(iso, `{ '${key}': { ${all} } }`)).toEqual(["NOT_GRANTED"]);
    expect(await codes(iso, `{ '${key}': { ${all}, iso: true } }`)).toEqual(["accepted"]);
    expect(await codes(upload.replace("vm-bookworm,host-fc37", "all"), "{}")).toEqual(["NOT_GRANTED"]);
  });

  it("names what no builder of it serves", async () => {
    const grants = `{ '${key}': { ${all} } }`;
    expect(await codes(upload.replace("r4.2", "r4.9"), grants)).toEqual(["RELEASE_UNKNOWN"]);
    expect(await codes(upload.replace("core-admin", "core-agent"), grants)).toEqual(["COMPONENT_UNKNOWN"]);
    expect(await codes(upload.replace("host-fc37", "vm-trixie"), grants)).toEqual(["DISTRIBUTION_UNKNOWN"]);
    expect(await codes("Build-template r4.2 fc37 202303211327", grants)).toEqual(["TEMPLATE_UNKNOWN"]);
  });

  it("takes keys and builders from the agent's own configuration", async () => {
    builder(`{ '${key}': { ${all} } }`);
    writeFileSync(join(place, "builders.list"), `r4.2=${place}=builder.yml\n`);
    writeFileSync(join(place, "token"), "x");
    const file = join(place, "config.yml");
    writeFileSync(
      file,
      "agent:\n  qube: build-fedora\n  builders-list: builders.list\n  trusted-keys: keys\n  github: { token-file: token }\n",
    );
    const good = await verify(home.clearSign(`${upload}\n`, { key, at }), "--config", file, ...clock);
    expect([good.status, good.stderr]).toEqual([0, ""]);
    expect(good.stdout).toContain(`accepted  ${upload} (upload-component)`);
    expect((await verify(message, "--config", file, "--json", ...clock)).stdout).toContain("NOT_GRANTED");
  });
});

describe("the offline check, for a maintainer at home", () => {
  it("explains what GitHub will make of the comment", async () => {
    const comment = `\`\`\`\r\n${message.replaceAll("\n", " \r\n")}\`\`\`\r\n`;
    const { status, stdout } = await verify(comment, ...keys, ...clock);
    expect(status).toBe(0);
    expect(stdout).toContain(`signed by ${key} at 2023-03-21T13:27:44Z`);
    expect(stdout).toContain("lines end with CR LF");
    expect(stdout).toContain("line 2 ends with blanks");
    expect(stdout).toContain("stands in a ``` fence; it is taken all the same");
    expect(stdout).toContain("not judged: what the signer is granted");
  });

  it.each([
    ["indented", (text: string) => text.replaceAll(/^/gm, "  "), "is indented"],
    ["quoted", (text: string) => text.replaceAll(/^/gm, "> "), "in a quotation"],
    ["with an invisible character", (text: string) => text.replace("Build", "Bu\u200bild"), "not ASCII"],
    ["cut off", (text: string) => text.slice(0, -20), "has no '-----END PGP SIGNATURE-----'"],
  ])("says why a message is not taken: %s", async (_name, spoil, says) => {
    const { status, stdout } = await verify(spoil(message), ...keys, ...clock);
    expect([status, stdout.includes("there is no signed message in it")]).toEqual([1, true]);
    expect(stdout).toContain(says);
  });

  it("tells a mistyped command the nearest valid one", async () => {
    const { status, stdout } = await verify(
      home.clearSign(`${iso.replace("iso", "is0")}\n`, { key, at }),
      ...keys,
      ...clock,
    );
    expect(status).toBe(1);
    expect(stdout).toContain(`COMMAND_UNKNOWN: there is no command 'Build-is0'; did you mean '${iso}'?`);
  });

  it.each<[string, () => readonly string[]]>([
    ["an option that there is not", () => [...keys, "--frobnicate"]],
    ["two files", () => [...keys, "a", "b"]],
    ["a time that is none", () => [...keys, "--at", "yesterday"]],
    ["a day that is none", () => [...keys, "--at", "2023-02-30T00:00:00Z"]],
    ["no keys at all", () => []],
    ["keys that are not there", () => ["--keys", join(place, "nowhere")]],
    ["a file that is not there", () => [...keys, join(place, "nowhere")]],
    ["a configuration that is not there", () => [...keys, "--config", join(place, "nowhere")]],
  ])("ends with 2 for %s", async (_name, args) => {
    const { status, stdout, stderr } = await verify(message, ...args());
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^release-bot verify: /);
  });

  it("says how it is used", () => {
    const { status, stdout } = spawned("", "--help");
    expect([
      status,
      stdout.includes("[--keys DIR|FILE] [--config FILE] [--at TIME] [--raw] [--json] [FILE|-]"),
    ]).toEqual([0, true]);
  });
});
