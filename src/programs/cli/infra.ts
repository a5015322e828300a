/** `release-bot infra`: the qubes' configuration from one file, and the proof that dom0's policy keeps its promises. */
import { AdapterError } from "../../domain/index.ts";
import { UsageError } from "./infra/usage-error.ts";

const usage = `release-bot infra ask SOURCE TARGET SERVICE[+ARGUMENT] [--policy DIR] [--qubes FILE] [--json]
release-bot infra ask --calls FILE [--policy DIR] [--qubes FILE]
    says what dom0's policy makes of a call, and which line said so.
    exit status: 0 allow, 1 deny, 3 ask, 2 bad policy; with --calls 0 or 2

--policy DIR   a folder that 'infra render' wrote, or a copy of /etc/qubes/policy.d (default: here, or that)
--qubes FILE   JSON, name -> {type, tags, template_for_dispvms, default_dispvm}; by default the rendered folder's
`;

/** Runs one of the subcommands; answers its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const say = (text: string): void => void process.stdout.write(text);
  try {
    switch (name) {
      case "ask":
        return (await import("./infra/ask.ts")).ask(rest, { say, here: process.cwd() });
      case "--help":
      case "-h":
        say(usage);
        return 0;
      default:
        throw new UsageError(name === undefined ? "say what to do" : `there is no 'infra ${name}'`);
    }
  } catch (fault) {
    if (fault instanceof UsageError) process.stderr.write(`release-bot infra: ${fault.message}\n\n${usage}`);
    else if (fault instanceof AdapterError) process.stderr.write(`release-bot infra: ${fault.message}\n`);
    else throw fault;
    return 2;
  }
}
