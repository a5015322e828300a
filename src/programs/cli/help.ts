/** `release-bot help TOPIC`: what is longer than a program's own `--help`. */
import { renderCommandDocs, renderCommandHelp } from "../../../commands/index.ts";

const usage = `release-bot help commands              what a maintainer can write in a comment
release-bot help commands --markdown   the same as it stands in docs/commands.md
`;

/** Prints a topic. */
export async function main(argv: readonly string[]): Promise<number> {
  const [topic, form, ...more] = argv;
  if (topic === "commands" && (form === undefined || form === "--markdown") && more.length === 0) {
    process.stdout.write(form === undefined ? renderCommandHelp() : renderCommandDocs());
    return 0;
  }
  const asked = topic === "--help" || topic === "-h";
  (asked ? process.stdout : process.stderr).write(usage);
  return asked ? 0 : 2;
}
