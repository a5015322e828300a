import { describe, expect, it } from "vitest";
import { completedBy, main } from "../../src/programs/cli/completion.ts";
import { subcommands } from "../../src/programs/subcommands.ts";
import { runCaptured } from "../support/captured-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runTool } from "../support/tool.ts";

describe("release-bot completion", () => {
  it.each([
    ["prom", ["promote"]],
    ["queue pa", ["pause"]],
    ["promote --ig", ["--ignore-min-age"]],
    ["list r4.3 --comp", ["--components"]],
    ["repo cl", ["clean-up"]],
    ["repo reconcile --rep", ["--repair", "--repository"]],
    ["help co", ["commands", "config"]],
    ["infra a", ["ask"]],
    ["logs t", ["tail"]],
    ["why --he", ["--help"]],
    ["promote --to templates-", ["templates-itl", "templates-community"]],
    ["repo promote --to templates-c", ["templates-community-testing", "templates-community"]],
    ["promote --sign-with s", ["sq"]],
  ])("completes 'release-bot %s' in a real bash", async (typed, wanted) => {
    const { status, stdout } = await runCaptured(main, ["bash"]);
    expect(status).toBe(0);
    const words = typed.split(" ");
    const script = `${stdout}\nCOMP_WORDS=(release-bot ${words.join(" ")}); COMP_CWORD=${words.length}; _release_bot; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const found = runTool("bash", ["--norc", "-c", script], { directory: temporaryDirectory() })
      .toString()
      .trim()
      .split("\n");
    expect(wanted).toEqual(expect.arrayContaining(found));
    expect(found).not.toEqual([""]);
  });

  it("knows each action and option that a help text names, and takes no ordinary word for one", async () => {
    const all = new Map<string, ReturnType<typeof completedBy>>();
    for (const { name, load } of subcommands) all.set(name, completedBy(name, (await load()).help));
    expect(all.get("queue")?.actions).toEqual(["show", "cancel", "retry", "pause", "resume"]);
    expect(all.get("status")?.actions).toEqual(["render", "combine"]);
    expect(all.get("build")?.actions).toEqual(["component", "template", "iso", "show"]);
    expect(all.get("infra")?.actions).toEqual(["render", "check", "ask"]);
    expect(all.get("config")?.actions).toEqual(["check", "show"]);
    expect(all.get("completion")?.actions).toEqual(["bash", "zsh", "fish"]);
    expect(all.get("repo")?.actions).toEqual(
      expect.arrayContaining(["publish", "promote", "check", "clean-up", "reconcile"]),
    );
    for (const name of ["promote", "list", "why", "hold", "doctor", "verify"])
      expect(all.get(name)?.actions, name).toEqual([]);
    expect(all.get("promote")?.options).toEqual(expect.arrayContaining(["--local", "--sq-key", "--wait", "--days"]));
  });

  it("knows zsh and fish, and says so of anything else", async () => {
    for (const shell of ["zsh", "fish"]) expect((await runCaptured(main, [shell])).stdout).toContain("promote");
    for (const words of [[], ["tcsh"], ["__proto__"], ["bash", "x"]]) {
      expect(await runCaptured(main, words)).toMatchObject({ status: 2, stdout: "" });
    }
  });
});
