import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/programs/cli/infra.ts";
import { runCaptured } from "../../support/captured-program.ts";
import { tryTool } from "../../support/tool.ts";

let root: string;
let said: string;
let complained: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rb-ask-"));
  mkdirSync(join(root, "policy.d"));
  said = "";
  complained = "";
  write(
    "policy.d/20-a.policy",
    "t.S  +x  build-a  keys-a    allow  user=root\nt.S  *   build-a  @default  ask  target=keys-a\nt.T  *   @anyvm   @adminvm  allow\n",
  );
  write("qubes.json", JSON.stringify({ "build-a": { tags: ["x"], icon: "red" }, "keys-a": {} }));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

async function ask(...words: string[]): Promise<number> {
  const options = ["--policy", join(root, "policy.d"), "--qubes", join(root, "qubes.json")];
  const run = await runCaptured(main, ["ask", ...words, ...options]);
  said = run.stdout;
  complained = run.stderr;
  return run.status;
}

describe("release-bot infra ask", () => {
  it.each([
    [["build-a", "keys-a", "t.S+x"], 0, { result: "allow", target: "keys-a", user: "root", rule: "20-a.policy:1" }],
    [["build-a", "keys-b", "t.S+x"], 3, { result: "ask", target: "keys-a", user: null, rule: "20-a.policy:2" }],
    [["build-a", "keys-a", "t.S"], 1, { result: "deny", target: null, user: null, rule: null }],
    [["keys-a", "dom0", "t.T"], 0, { result: "allow", target: "dom0", user: null, rule: "20-a.policy:3" }],
    [["keys-a", "dom0", "t/T"], 1, { result: "deny", target: null, user: null, rule: null }],
  ])("answers %j with exit status %d", async (words, status, answer) => {
    expect(await ask(...words, "--json")).toBe(status);
    expect(JSON.parse(said)).toEqual(answer);
  });

  it("says in words what the policy makes of a call, and which line", async () => {
    expect(await ask("build-a", "keys-a", "t.S+x")).toBe(0);
    expect(said).toContain("allow to keys-a as root");
    expect(said).toContain("20-a.policy:1");
  });

  it("answers a file of calls in its order, whatever the answers", async () => {
    write("calls", "build-a keys-a t.S+x\n\nkeys-a build-a t.S+x\r\nbuild-a @default t.S\n");
    expect(await ask("--calls", join(root, "calls"))).toBe(0);
    const lines = said.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).result)).toEqual(["allow", "deny", "ask"]);
  });

  it("refuses a line of that file that is no call, naming it", async () => {
    write("calls", "build-a keys-a t.S\nbuild-a keys-a\n");
    expect(await ask("--calls", join(root, "calls"))).toBe(2);
    expect(complained).toContain("calls:2:");
    expect(said).toBe("");
  });

  it("exits 2 for a policy with a syntax error, naming file and line, also for a file of calls", async () => {
    write("policy.d/90-b.policy", "# fine\nt.S * a b allwo\n");
    expect(await ask("build-a", "keys-a", "t.S+x", "--json")).toBe(2);
    expect(complained).toContain("90-b.policy:2: ");
    expect(said).toBe("");
  });

  it.each([
    ["no call", []],
    ["too many words", ["a", "b", "c", "d"]],
    ["an unknown option", ["a", "b", "c", "--polcy=x"]],
  ])("exits 2 for a command line with %s", async (_what, words) => {
    expect(await ask(...words)).toBe(2);
    expect(complained).toContain("release-bot infra ask SOURCE TARGET");
  });

  it("ends without a word where its reader has gone", () => {
    write("calls", "build-a keys-a t.S+x\n".repeat(50_000));
    const words = `infra ask --calls ${root}/calls --policy ${root}/policy.d --qubes ${root}/qubes.json`;
    const program = join(import.meta.dirname, "../../../src/programs/release-bot.ts");
    const { stdout, stderr } = tryTool("sh", ["-c", `${process.execPath} ${program} ${words} | head -n 1`]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ result: "allow" });
    expect(stderr).toBe("");
  });

  it("says how it is used when it is asked", async () => {
    const { status, stdout } = await runCaptured(main, ["ask", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("infra ask SOURCE TARGET");
  });

  it("exits 2 for qubes that cannot be read", async () => {
    write("qubes.json", '{"a": {"tags": "x"}}');
    expect(await ask("a", "b", "c")).toBe(2);
    expect(complained).toContain("qubes.json: a.tags");
  });
});
