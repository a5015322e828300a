import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tryTool } from "../support/tool.ts";
import { clock, iso, type Ran, VerifyDesk } from "./verify-desk.ts";

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

describe("the offline check, for a maintainer at home", () => {
  it("explains what GitHub will make of the comment", async () => {
    const comment = `\`\`\`\r\n${message.replaceAll("\n", " \r\n")}\`\`\`\r\n`;
    const { status, stdout } = await desk.verify(comment, ...desk.keys, ...clock);
    expect(status).toBe(0);
    expect(stdout).toContain(`signed by ${desk.key} at 2023-03-21T13:27:44Z`);
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
    const { status, stdout } = await desk.verify(spoil(message), ...desk.keys, ...clock);
    expect([status, stdout.includes("there is no signed message in it")]).toEqual([1, true]);
    expect(stdout).toContain(says);
  });

  it("tells a mistyped command the nearest valid one", async () => {
    const { status, stdout } = await desk.verify(desk.sign(iso.replace("iso", "is0")), ...desk.keys, ...clock);
    expect(status).toBe(1);
    expect(stdout).toContain(`COMMAND_UNKNOWN: there is no command 'Build-is0'; did you mean '${iso}'?`);
  });

  it.each<[string, () => readonly string[]]>([
    ["an option that there is not", () => [...desk.keys, "--frobnicate"]],
    ["two files", () => [...desk.keys, "a", "b"]],
    ["a time that is none", () => [...desk.keys, "--at", "yesterday"]],
    ["a day that is none", () => [...desk.keys, "--at", "2023-02-30T00:00:00Z"]],
    ["no keys at all", () => []],
    ["keys that are not there", () => ["--keys", join(desk.place, "nowhere")]],
    ["a file that is not there", () => [...desk.keys, join(desk.place, "nowhere")]],
    ["a configuration that is not there", () => [...desk.keys, "--config", join(desk.place, "nowhere")]],
  ])("ends with 2 for %s", async (_name, args) => {
    const { status, stdout, stderr } = await desk.verify(message, ...args());
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
