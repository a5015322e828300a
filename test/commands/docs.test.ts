import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandTable, renderCommandDocs, renderCommandHelp } from "../../commands/index.ts";
import { refusalCodes } from "../../src/domain/index.ts";
import { tryTool } from "../support/tool.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/commands.md"), "utf8");
const help = (...words: readonly string[]) =>
  tryTool("node", [join(root, "src/programs/release-bot.ts"), "help", ...words]);

describe("the docs page of the commands", () => {
  it("holds the table that the parser reads: `release-bot help commands --markdown` prints it anew", () => {
    const made = /<!-- commands: begin[^\n]*-->\n\n([\s\S]*)\n<!-- commands: end -->/.exec(page)?.[1];
    expect(made).toBe(renderCommandDocs());
  });

  it("has a line for each refusal code, and for no other", () => {
    const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| .{10,} \| .+ \|$/gm)].map((match) => match[1]);
    expect(listed).toEqual([...refusalCodes]);
  });
});

describe("release-bot help commands", () => {
  it("prints every command with its forms, its grant and an example", () => {
    const { status, stdout } = help("commands");
    expect([status, stdout.toString()]).toEqual([0, renderCommandHelp()]);
    for (const { spellings, help: sentence } of commandTable) {
      for (const part of [sentence, ...spellings.flatMap(({ usage, example }) => [usage, example])]) {
        expect(stdout.toString()).toContain(part);
      }
    }
  });

  it("knows no other topic", () => {
    expect(help("constructor").status).toBe(2);
    expect(help("commands", "toString").status).toBe(2);
  });
});
