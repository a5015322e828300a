/** `release-bot infra`: the qubes' configuration from one file, and the proof that dom0's policy keeps its promises. */
import { AdapterError } from "../../domain/index.ts";
import { UsageError } from "./infra/command-line.ts";

/** What `--help` says. */
export const help = `release-bot infra render build-infra.yml --out DIR
    writes every configuration file of every qube, plain and as a Salt formula, and says what is left to do by hand

release-bot infra check [DIR] [--qubes FILE] [--plan RENDERED] [--json]
    proves the promises of a rendered folder's policy, or of a copy of dom0's live one (then with --plan)
    exit status: 0 all kept, 1 some broken, each named with file and line, 2 bad policy

release-bot infra ask SOURCE TARGET SERVICE[+ARGUMENT] [--policy DIR] [--qubes FILE] [--json]
release-bot infra ask --calls FILE [--policy DIR] [--qubes FILE]
    says what dom0's policy makes of a call, and which line said so.
    exit status: 0 allow, 1 deny, 3 ask, 2 bad policy; with --calls 0 or 2

--policy DIR   a folder that 'infra render' wrote, or a copy of /etc/qubes/policy.d (default: here, or that)
--qubes FILE   JSON, name -> {type, tags, template_for_dispvms, default_dispvm}; by default the rendered folder's

Example: release-bot infra render build-infra.yml --out out && release-bot infra check out
         release-bot infra ask build-fedora @default qubes.Gpg --policy out
Exit status 0 done, 1 what is asked for is not so, 2 wrong usage or a mistake in the input.
`;

/** Runs one of the subcommands; answers its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const say = (text: string): void => void process.stdout.write(text);
  const warn = (text: string): void => void process.stderr.write(text);
  const surroundings = { say, warn, here: process.cwd() };
  if (rest.includes("--help") || rest.includes("-h")) {
    say(help);
    return 0;
  }
  try {
    switch (name) {
      case "ask":
        return (await import("./infra/ask.ts")).ask(rest, surroundings);
      case "check":
        return (await import("./infra/check.ts")).check(rest, surroundings);
      case "render":
        return (await import("./infra/render.ts")).render(rest, surroundings);
      case "--help":
      case "-h":
        say(help);
        return 0;
      default:
        throw new UsageError(name === undefined ? "say what to do" : `there is no 'infra ${name}'`);
    }
  } catch (fault) {
    if (fault instanceof UsageError) process.stderr.write(`release-bot infra: ${fault.message}\n\n${help}`);
    else if (fault instanceof AdapterError) process.stderr.write(`release-bot infra: ${fault.message}\n`);
    else throw fault;
    return 2;
  }
}
