/** `release-bot hold`, `unhold`, `withdraw`: the same way as `promote`, for what stops or takes back. */
import { parseArgs } from "node:util";
import { GithubFault } from "../../adapters/github/fault.ts";
import { AdapterError, parseRelease } from "../../domain/index.ts";
import { type PromotionLine, type StatusUpdate, tellStories } from "../../status/index.ts";
import type { Program } from "../subcommands.ts";
import { showLines, signAndPost, signingHelp, signingOptions } from "./sign-and-post.ts";
import { statusSource } from "./status-options.ts";
import { readSignedStatus } from "./status-source.ts";

type Verb = "hold" | "unhold" | "withdraw";

const what: Readonly<Record<Verb, string>> = {
  hold: "Signs a veto on every promotion of a version",
  unhold: "Signs the end of a hold",
  withdraw: "Signs that a version is taken back out of a repository (--from)",
};

const options = {
  ...signingOptions,
  dist: { type: "string" },
  dists: { type: "string" },
  from: { type: "string" },
} as const;

function help(verb: Verb): string {
  const from = verb === "withdraw" ? " --from REPOSITORY" : "";
  return `release-bot ${verb} RELEASE NAME [VERSION]${from} --key FINGERPRINT --token-file FILE [--dist A,B]

${what[verb]}: shows the line, built from the build qubes' signed status data,
asks, signs it, posts it on the version's status issue, and follows the answers. Without VERSION the newest.

  --dist A,B         only these distributions (also --dists); without, all
${verb === "withdraw" ? "  --from REPOSITORY  current, current-testing, security-testing or unstable\n" : ""}${signingHelp}
Example: release-bot ${verb} r4.3 core-admin${verb === "withdraw" ? " --from current" : ""} --key 0123…CDEF --token-file ~/.config/github-token
Exit status 0 all answered and done, 1 refused, unanswered or failed, 2 wrong usage.
`;
}

/** The subcommand of that name. */
export function holdProgram(verb: Verb): Program {
  return { main: (argv) => run(verb, argv) };
}

async function run(verb: Verb, argv: readonly string[]): Promise<number> {
  const usage = (why: string): number => {
    process.stderr.write(`release-bot ${verb}: ${why}\n${help(verb)}`);
    return 2;
  };
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help(verb));
      return 0;
    }
    const [untrustedRelease = "", name, version, ...more] = positionals;
    const release = parseRelease(untrustedRelease);
    if (release === null || name === undefined || more.length > 0) return usage("RELEASE and NAME are expected");
    if ((verb === "withdraw") !== (values.from !== undefined))
      return usage("--from goes with withdraw, and only with it");
    const now = new Date();
    const data = await readSignedStatus(statusSource(values, process.env), now);
    const [story] = tellStories(data, { release, name, version: version ?? null }, now);
    if (story === undefined) throw new AdapterError("NOT_FOUND", `no record of ${name} in ${release}`);
    const lines = [lineFor(verb, story.update, values.dist ?? values.dists ?? "all", values.from)];
    showLines(lines, values);
    if (values.rehearse === true) return 0;
    return (await signAndPost(lines, data, values)) === "done" ? 0 : 1;
  } catch (error) {
    if (error instanceof AdapterError || error instanceof GithubFault) {
      process.stderr.write(`release-bot ${verb}: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

function lineFor(verb: Verb, update: StatusUpdate, dists: string, from: string | undefined): PromotionLine {
  const { release, name, version, commit, issue } = update;
  if (commit === null) throw new AdapterError("NOT_FOUND", `no record says which commit ${name} ${version} is`);
  const words = {
    hold: `Hold ${release} ${name} ${commit} ${dists}`,
    unhold: `Unhold ${release} ${name} ${commit} ${dists}`,
    withdraw: `Withdraw-component ${release} ${name} ${commit} ${from} ${dists}`,
  };
  return { line: words[verb], issue, name, version, distributions: dists === "all" ? [] : dists.split(",") };
}
