import { describe, expect, it } from "vitest";
import { main } from "../../src/programs/cli/completion.ts";
import { runCaptured } from "../support/captured-program.ts";
import { runTool } from "../support/tool.ts";

describe("release-bot completion", () => {
  it("completes subcommands in a real bash", async () => {
    const { status, stdout } = await runCaptured(main, ["bash"]);
    expect(status).toBe(0);
    const script = `${stdout}\nCOMP_WORDS=(release-bot prom); COMP_CWORD=1; _release_bot; echo "\${COMPREPLY[@]}"`;
    expect(runTool("bash", ["--norc", "-c", script]).toString().trim()).toBe("promote");
  });

  it("knows zsh and fish, and says so of anything else", async () => {
    for (const shell of ["zsh", "fish"]) expect((await runCaptured(main, [shell])).stdout).toContain("promote");
    for (const words of [[], ["tcsh"], ["__proto__"], ["bash", "x"]]) {
      expect(await runCaptured(main, words)).toMatchObject({ status: 2, stdout: "" });
    }
  });
});
