/** `release-bot help TOPIC`: what is longer than a program's own `--help`. */
import { readFileSync } from "node:fs";
import { renderCommandDocs, renderCommandHelp } from "../../../commands/index.ts";
import { subcommands } from "../subcommands.ts";
import { manPage } from "./man-page.ts";

/** What `--help` says. */
export const help = `release-bot help commands              what a maintainer can write in a comment
release-bot help commands --markdown   the same as it stands in docs/commands.md
release-bot help man                   the manual page, as man reads it

Example: release-bot help man | man -l -
Exit status 0 done, 2 wrong usage.
`;

/** Prints a topic. */
export async function main(argv: readonly string[]): Promise<number> {
  const [topic, form, ...more] = argv;
  if (topic === "commands" && (form === undefined || form === "--markdown") && more.length === 0) {
    process.stdout.write(form === undefined ? renderCommandHelp() : renderCommandDocs());
    return 0;
  }
  if (topic === "man" && form === undefined) {
    process.stdout.write(await manualPage());
    return 0;
  }
  const asked = topic === "--help" || topic === "-h";
  (asked ? process.stdout : process.stderr).write(help);
  return asked ? 0 : 2;
}

async function manualPage(): Promise<string> {
  const described = await Promise.all(
    subcommands.map(async ({ name, summary, load }) => ({ name, summary, help: (await load()).help })),
  );
  return manPage(described, programVersion());
}

/** As package.json has it, which lies above the program both in a checkout and where it is installed. */
function programVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
