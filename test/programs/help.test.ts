import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fitted } from "../../src/programs/cli/fitted.ts";
import { main as help } from "../../src/programs/cli/help.ts";
import { subcommands } from "../../src/programs/subcommands.ts";
import { columnsOf } from "../../src/status/index.ts";
import { runReleaseBot } from "../support/agent-program.ts";
import { runCaptured } from "../support/captured-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { tryTool } from "../support/tool.ts";

describe.each(subcommands)("release-bot $name --help", ({ name, summary, load }) => {
  it("says how it is called, gives an example, and says what the exit statuses mean", async () => {
    const { help: text } = await load();
    expect(text).toMatch(new RegExp(`^release-bot ${name}\\b`));
    expect(text).toMatch(new RegExp(`^Examples?: .*\\brelease-bot ${name}\\b`, "m"));
    expect(text).toMatch(/^Exit status:? \S/m);
    expect(text.endsWith("\n")).toBe(true);
    for (const line of text.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(128);
    expect(summary).toMatch(/^[a-z].*[^.]$/);
  });

  it("fits a terminal of 80 columns without losing a word", async () => {
    const { help: text } = await load();
    const narrow = fitted(text, 80);
    for (const line of narrow.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(80);
    expect(narrow.split(/\s+/)).toEqual(text.split(/\s+/));
    expect(fitted(text, 200)).toBe(text);
  });
});

describe("the options that a help text names", () => {
  // The programs whose options are few enough to try each: an option that is named must be taken.
  it.each(["list", "why", "promote", "hold", "withdraw", "build", "status"])("are all taken by %s", async (name) => {
    const program = await subcommands.find((subcommand) => subcommand.name === name)?.load();
    if (program === undefined) throw new Error(name);
    const options = [...new Set(program.help.match(/(?<![\w-])--[a-z][a-z-]*[a-z]/g))].filter(
      (option) => option !== "--clearsign",
    );
    expect(options.length).toBeGreaterThan(4);
    for (const option of options) {
      const run = await runCaptured(program.main, [option, "x", "--no-such-option"]);
      expect(run.status).toBe(2);
      expect(run.stderr, option).not.toMatch(new RegExp(`Unknown option '${option}'`));
    }
  });
});

describe("release-bot", () => {
  it("lists first what maintainers type, and knows what was nearly typed", async () => {
    const { stdout } = await runReleaseBot(["--help"]);
    expect(stdout).toMatch(
      /For maintainers[\s\S]* {2}promote [\s\S]*For operators[\s\S]* {2}doctor [\s\S]*What units[\s\S]* {2}receiver /,
    );
    for (const { name } of subcommands) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
    const typo = await runReleaseBot(["promot"]);
    expect(typo).toMatchObject({ status: 2, stderr: expect.stringContaining("did you mean 'promote'?") });
    expect((await runReleaseBot(["list", "--bogus"])).stderr).toMatch(
      /^release-bot list: Unknown option '--bogus'\n\nrelease-bot list RELEASE/,
    );
  });

  it("answers --help wherever it stands, but not for what stands behind --", async () => {
    const whole = await runReleaseBot(["repo", "--help"]);
    expect(whole).toMatchObject({ status: 0, stdout: expect.stringMatching(/^release-bot repo ACTION/) });
    expect((await runReleaseBot(["repo", "publish", "--help"])).stdout).toBe(whole.stdout);
    const run = await runReleaseBot(["run", "--no-such-option", "--", "ls", "--help"]);
    expect(run.status).toBe(2);
  });
});

describe("the manual page", () => {
  it("is read by man and groff without a warning, fits 80 columns, and has all that the help has", async () => {
    const { status, stdout } = await runCaptured(help, ["man"]);
    expect(status).toBe(0);
    const file = join(temporaryDirectory(), "release-bot.1");
    writeFileSync(file, stdout);
    const groff = tryTool("groff", ["-man", "-Tutf8", "-ww", "-z", file], { environment: { LC_ALL: "C.UTF-8" } });
    expect(groff).toMatchObject({ status: 0, stderr: "" });
    const environment = { LC_ALL: "C.UTF-8", MANWIDTH: "80", MANPAGER: "cat" };
    const man = spawnSync("man", ["--warnings", "-l", file], { env: { ...process.env, ...environment } });
    expect([man.status, man.stderr.toString()]).toEqual([0, ""]);
    const page = man.stdout.toString();
    for (const line of page.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(80);
    for (const { name } of subcommands) expect(page).toMatch(new RegExp(`^   ${name}$`, "m"));
    expect(page).toContain("--ignore-min-age REASON");
    expect(page).toMatch(/ENVIRONMENT[\s\S]*NO_COLOR[\s\S]*FILES[\s\S]*~\/\.config\/release-bot\/config\.yml/);
  });
});
