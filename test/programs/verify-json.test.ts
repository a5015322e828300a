import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tryTool } from "../support/tool.ts";
import { clock, iso, type Ran, sha, upload, VerifyDesk } from "./verify-desk.ts";

let desk: VerifyDesk;
let message: string;
beforeAll(() => {
  desk = new VerifyDesk();
  message = desk.sign(iso);
});
afterAll(() => desk.remove());

/** Runs it as it is run at home. */
function spawned(input: string, ...args: readonly string[]): Ran {
  const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");
  const run = tryTool("node", [program, "verify", ...args], { input });
  return { status: run.status, stdout: run.stdout.toString(), stderr: run.stderr };
}

describe("the offline check, for scripts", () => {
  it("prints who signed what and when, with each command's own fields", async () => {
    const two = desk.sign(iso, upload);
    expect(await desk.judged(two, ...clock)).toEqual({
      accepted: true,
      messages: [
        {
          accepted: true,
          signer: desk.key,
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
    const judgement = await desk.judged(desk.sign(line), ...clock);
    expect(judgement).toMatchObject({ accepted: true, messages: [{ commands: [{ line, ...fields }] }] });
  });

  it("prints a message that is not good without its commands", async () => {
    const stranger = desk.home.makeKey({ created: new Date("2023-01-01T00:00:00Z") });
    const judgement = await desk.judged(
      desk.home.clearSign(`${iso}\n`, { key: stranger, at: new Date("2023-03-21T13:27:44Z") }),
      ...clock,
    );
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
    expect(await desk.judged(make(), ...args)).toMatchObject({ accepted: false, messages: [{ code, commands: [] }] });
  });

  it("judges each line for itself, and gives the message the code of the first that is refused", async () => {
    const signed = desk.sign(iso, "Frobnicate x", "Build-iso r4.2 4.2 202303201327");
    expect(await desk.judged(signed, ...clock)).toMatchObject({
      accepted: false,
      messages: [
        {
          accepted: false,
          signer: desk.key,
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
    expect(await desk.judged(comment, ...clock)).toMatchObject({ accepted: true, messages: [{}, {}] });
    const spoilt = `${message}${message.replace("iso", "Iso")}`;
    expect(await desk.judged(spoilt, ...clock)).toMatchObject({
      accepted: false,
      messages: [{ accepted: true }, { accepted: false }],
    });
  });

  it("finds no message where there is none", async () => {
    for (const comment of ["", "hello", `> ${message.replaceAll("\n", "\n> ")}`, message.replaceAll(/^/gm, "    ")]) {
      expect(await desk.judged(comment, ...clock)).toEqual({ accepted: false, messages: [] });
    }
  });

  it("takes one message byte for byte with --raw, and normalises nothing", async () => {
    expect(await desk.judged(message, "--raw", ...clock)).toMatchObject({ accepted: true });
    for (const spoilt of [message.replaceAll("\n", "\r\n"), `${message}\n`, message.replace("iso", "iso "), ""]) {
      expect(await desk.judged(spoilt, "--raw", ...clock)).toMatchObject({
        accepted: false,
        messages: [{ accepted: false }],
      });
    }
  });

  it("is a program that reads standard input", () => {
    expect(spawned(message, ...desk.keys, ...clock)).toMatchObject({ status: 0, stderr: "" });
    expect(spawned(message, ...desk.keys, "--json", "-")).toMatchObject({ status: 1 });
  });

  it("reads a file, standard input, and a keyring of keys", async () => {
    const file = join(desk.place, "message.asc");
    writeFileSync(file, message);
    writeFileSync(join(desk.place, "keyring.gpg"), desk.home.gpg(["--export", desk.key]));
    expect(await desk.judged("", file, ...clock)).toMatchObject({ accepted: true });
    expect(await desk.judged(message, "-", ...clock)).toMatchObject({ accepted: true });
    expect(await desk.judged(message, "--keys", join(desk.place, "keyring.gpg"), ...clock)).toMatchObject({
      accepted: true,
    });
  });
});
