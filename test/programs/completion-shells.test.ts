import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../src/programs/cli/completion.ts";
import { runCaptured } from "../support/captured-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runTool } from "../support/tool.ts";

const typed: readonly (readonly [words: string, wanted: readonly string[]])[] = [
  ["prom", ["promote"]],
  ["queue pa", ["pause"]],
  ["promote --ig", ["--ignore-min-age"]],
  ["list r4.3 --comp", ["--components"]],
  ["promote --to templates-", ["templates-community", "templates-itl"]],
  ["repo promote --deb-engine na", ["native"]],
  ["withdraw r4.3 xen --from unst", ["unstable"]],
  ["completion fi", ["fish"]],
  ["status render --out dir", ["directory/"]],
];

/** A home whose one directory and file could be taken for what is typed. */
function homeWithFiles(): string {
  const home = temporaryDirectory();
  mkdirSync(join(home, "work/directory"), { recursive: true });
  writeFileSync(join(home, "work/promises"), "");
  return home;
}

async function script(shell: string): Promise<string> {
  return (await runCaptured(main, [shell])).stdout;
}

describe("what 'release-bot completion' prints", () => {
  it("completes subcommands, actions, options, their values and files in a real fish", async () => {
    const home = homeWithFiles();
    writeFileSync(join(home, "release-bot.fish"), await script("fish"));
    const asked = typed.map(([words]) => `echo '<<'; complete -C 'release-bot ${words}'`).join("\n");
    const session = `cd ${home}/work; source ../release-bot.fish\n${asked}`;
    const said = runTool("fish", ["--no-config", "-c", session], { environment: { HOME: home } }).toString();
    const offered = said.split("<<\n").slice(1);
    expect(
      offered.map((text) =>
        text
          .trim()
          .split("\n")
          .map((line) => line.split("\t")[0]),
      ),
    ).toEqual(typed.map(([, wanted]) => wanted));
    // Each subcommand says what it is for.
    expect(offered[0]).toMatch(/^promote\t\S+ .*\S\n$/);
  });

  /** How a user comes to it: in ~/.zshrc, or from the package's directory of completions. */
  it.each([
    ["read in by source", "autoload -Uz compinit; compinit -u -D; source $HOME/functions/_release-bot"],
    ["from a directory of functions", "fpath=($HOME/functions $fpath); autoload -Uz compinit; compinit -u -D"],
  ])("completes the same in a real zsh, %s", async (_, begin) => {
    const home = homeWithFiles();
    mkdirSync(join(home, "functions"));
    writeFileSync(join(home, "functions/_release-bot"), await script("zsh"));
    // An interactive zsh in which Tab completes, shows the line that comes of it, and takes the line away.
    const set = `PS1= PS2= RPS1=
      setopt no_beep; unsetopt prompt_cr prompt_sp
      ${begin}
      cd $HOME/work
      complete-and-show() { zle complete-word; print -r -- "<<$BUFFER>>"; BUFFER=; }
      zle -N complete-and-show; bindkey '^I' complete-and-show
      print "<<"ready">>"`;
    writeFileSync(join(home, "set"), set);
    const session = `zmodload zsh/zpty
      zpty shell "HOME=${home} TERM=dumb zsh -f -i"
      zpty -w shell 'source $HOME/set'
      zpty -r -m shell said '*<<ready>>*'
      while IFS= read -r line; do
        zpty -w -n shell "$line"$'\\t'
        zpty -r -m shell said '*>>*'
        print -r -- "$said"
      done
      zpty -d shell`;
    const input = typed.map(([words]) => `release-bot ${words}\n`).join("");
    const said = runTool("zsh", ["-f", "-c", session], { input }).toString();
    expect([...said.matchAll(/<<(.*?)>>/g)].map(([, line]) => line)).toEqual(
      typed.map(([words, wanted]) => {
        const before = words.slice(0, words.lastIndexOf(" ") + 1);
        const [one = "", ...others] = wanted;
        // Of several the line gets what they have in common.
        if (others.length > 0) return `release-bot ${words}`;
        return `release-bot ${before}${one}${one.endsWith("/") ? "" : " "}`;
      }),
    );
    expect(said).toMatch(/templates-community +templates-itl/);
  });
});
