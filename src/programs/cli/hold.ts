/** `release-bot hold`, `unhold`, `withdraw`: the same way as `promote`, for what stops or takes back. */
import { parseArgs } from "node:util";
import { AdapterError, parseRelease } from "../../domain/index.ts";
import { type CommandLine, concernedPlaces, type StatusUpdate, tellStories } from "../../status/index.ts";
import type { Program } from "../subcommands.ts";
import { orRefusal } from "./or-refusal.ts";
import { signingHelp, signingOptions, signingStatuses } from "./signing/settings.ts";
import { signAndPost } from "./signing/sign-and-post.ts";
import { namesIn, publishedStatus } from "./status-options.ts";

type Verb = "hold" | "unhold" | "withdraw";

const what: Readonly<Record<Verb, string>> = {
  hold: "Signs a veto on every promotion of a version",
  unhold: "Signs the end of a hold",
  withdraw: "Signs that a version is taken back out of a repository (--from)",
};

const examples: Readonly<Record<Verb, string>> = {
  hold: `release-bot hold r4.3 core-admin --key 0123…CDEF --token-file ~/.config/github-token
         release-bot hold r4.3 core-admin v4.3.12 --dist vm-fc42 --rehearse`,
  unhold: "release-bot unhold r4.3 core-admin v4.3.12 --key 0123…CDEF --token-file ~/.config/github-token",
  withdraw: "release-bot withdraw r4.3 core-admin v4.3.12 --from current --dist vm-fc42,vm-bookworm",
};

const options = {
  ...signingOptions,
  dist: { type: "string" },
  dists: { type: "string" },
  from: { type: "string" },
} as const;

function help(verb: Verb): string {
  const from = verb === "withdraw" ? " --from REPOSITORY" : "";
  return `release-bot ${verb} RELEASE NAME [VERSION]${from} [--dist A,B]

${what[verb]}: shows the line, built from the build qubes' signed status
data, and what it will do; asks; signs it; posts it on the version's status issue; and tells what became of it. Without
VERSION the newest.

  --dist A,B         only these distributions (also --dists); without, all
${verb === "withdraw" ? "  --from REPOSITORY  current, current-testing, security-testing or unstable\n" : ""}${signingHelp}
Example: ${examples[verb]}
${signingStatuses}`;
}

/** The subcommand of that name. */
export function holdProgram(verb: Verb): Program {
  return { help: help(verb), main: (argv) => orRefusal({ name: verb, help: help(verb) }, () => run(verb, argv)) };
}

async function run(verb: Verb, argv: readonly string[]): Promise<number> {
  const usage = (why: string): number => {
    process.stderr.write(`release-bot ${verb}: ${why}\n\n${help(verb)}`);
    return 2;
  };
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
  const data = await publishedStatus(values, process.env, now);
  const [story] = tellStories(data, { release, name, version: version ?? null }, now);
  if (story === undefined) throw new AdapterError("NOT_FOUND", `no record of ${name.slice(0, 64)} in ${release}`);
  const lines = [lineFor(verb, story.update, namesIn(values.dist ?? values.dists), values.from)];
  return signAndPost({ lines, data, values, besides: "" });
}

function lineFor(
  verb: Verb,
  update: StatusUpdate,
  distributions: readonly string[] | null,
  from: string | undefined,
): CommandLine {
  const { release, name, version, commit, issue } = update;
  if (commit === null) throw new AdapterError("NOT_FOUND", `no record says which commit ${name} ${version} is`);
  const dists = distributions?.join(",") ?? "all";
  const words = {
    hold: [`Hold ${release} ${name} ${commit} ${dists}`, "is held"],
    unhold: [`Unhold ${release} ${name} ${commit} ${dists}`, "is no longer held"],
    withdraw: [`Withdraw-component ${release} ${name} ${commit} ${from} ${dists}`, `out of ${from}`],
  } as const;
  const [line, does] = words[verb];
  const known = concernedPlaces(update, distributions).filter(
    // What does not stand in the repository is left out of `all` by the build qube, without a word.
    ({ distribution }) => distributions !== null || verb !== "withdraw" || standsIn(update, distribution, from),
  );
  const places = known.length > 0 ? known : [{ distribution: null, environment: null, now: "no record of that" }];
  return { line, does, issue, name, version, distributions: distributions ?? [], places };
}

function standsIn({ places }: StatusUpdate, wanted: string | null, repository: string | undefined): boolean {
  return places.some((place) => place.distribution === wanted && place.repository === repository);
}
