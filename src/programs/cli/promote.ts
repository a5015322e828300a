/** `release-bot promote`: signs what is ready from the build qubes' own records, posts it, and follows the answers. */
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { GithubFault } from "../../adapters/github/fault.ts";
import { AdapterError, parseCommitSha, parseRelease, type Release } from "../../domain/index.ts";
import { type PromotionWish, promotionLines, renderList, tellAll } from "../../status/index.ts";
import { isOneLine, type LocalOrder, promoteLocally } from "./promote-local.ts";
import { type SigningValues, showLines, signAndPost, signingHelp, signingOptions } from "./sign-and-post.ts";
import { type StatusOptionValues, statusSource, tableStyle } from "./status-options.ts";
import { readSignedStatus } from "./status-source.ts";

const help = `release-bot promote RELEASE NAME…|--all-ready --key FINGERPRINT --token-file FILE [--to REPOSITORY] [--dist A,B]
release-bot promote RELEASE NAME… --local --ignore-min-age REASON [--dist A,B]     (an urgent fix, in the build qube)

Shows the command lines for what is ready, built from the build qubes' signed status data, and what is left out and why;
asks; signs them as one message; posts it on the first one's status issue; and follows the answers.

  --to REPOSITORY    current (default), security-testing, templates-itl or templates-community
  --dist A,B         only these distributions (also --dists)
  --all-ready        everything that is ready (also --all)
${signingHelp}
In the build qube, by whoever has its shell, never by a comment:

  --local --ignore-min-age REASON   queues an urgent fix for current before its days in testing are over; only the age is
                                    set aside. The log and the status issue say who ordered it, and REASON.
  --operator NAME    who orders it (LOGIN@QUBE);  --commit SHA  where several stand in testing

Example: release-bot promote r4.3 core-admin --key 0123…CDEF --token-file ~/.config/github-token
         release-bot promote r4.3 xen --local --ignore-min-age 'CVE-2026-1234 is used in the wild' --operator Alice
Exit status 0 all answered and done, 1 refused, unanswered or failed, 2 wrong usage, 3 ordered and not over yet.
`;

const options = {
  ...signingOptions,
  to: { type: "string" },
  dist: { type: "string" },
  dists: { type: "string" },
  "all-ready": { type: "boolean" },
  all: { type: "boolean" },
  local: { type: "boolean" },
  "ignore-min-age": { type: "string" },
  operator: { type: "string" },
  commit: { type: "string" },
} as const;

const targets = ["current", "security-testing", "templates-itl", "templates-community"] as const;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(argv);
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", ...names] = positionals;
    const release = parseRelease(untrustedRelease);
    if (values.local === true || values["ignore-min-age"] !== undefined) {
      const order = localOrder(values, release, names);
      return typeof order === "string" ? usage(order) : await promoteLocally(order, process.env);
    }
    const to = targets.find((target) => target === (values.to ?? "current"));
    const everything = values["all-ready"] === true || values.all === true;
    if (release === null || to === undefined) return usage("RELEASE and a REPOSITORY to promote to are expected");
    if (everything === names.length > 0) return usage("name components, or give --all-ready");
    const dists = (values.dist ?? values.dists)?.split(",") ?? null;
    return await promote(values, release, { to, names: everything ? null : names, distributions: dists });
  } catch (error) {
    if (error instanceof AdapterError || error instanceof GithubFault) {
      process.stderr.write(`release-bot promote: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

type Values = ReturnType<typeof parse>["values"];

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true });
}

/** What `--local` orders, or what is wrong with it. */
function localOrder(values: Values, release: Release | null, names: readonly string[]): LocalOrder | string {
  const reason = values["ignore-min-age"];
  if (values.local !== true) return "--ignore-min-age goes with --local, in the build qube, and with nothing else";
  if (reason === undefined) return "--local is for what is too young: say why with --ignore-min-age REASON";
  if (release === null || names.length === 0) return "RELEASE and the components' names are expected";
  if (values["all-ready"] === true || values.all === true) return "--local takes components by their names only";
  if ((values.to ?? "current") !== "current") return "--local promotes to current: elsewhere no age is asked for";
  if (!isOneLine(reason) || !isOneLine(values.operator ?? "x"))
    return "REASON and NAME are one line each, 300 characters";
  const commit = values.commit === undefined ? null : parseCommitSha(values.commit);
  if (values.commit !== undefined && commit === null) return "--commit takes 40 hex digits";
  const waitMs = Number(values.wait ?? 600) * 1000;
  if (!(waitMs >= 0)) return "--wait takes seconds";
  return {
    release,
    names,
    distributions: (values.dist ?? values.dists)?.split(",") ?? null,
    commit,
    operator: values.operator ?? null,
    login: userInfo().username,
    reason,
    config: values.config,
    ask: values.rehearse === true ? "rehearse" : values.yes === true ? "agreed" : "ask",
    form: values.json === true ? "json" : "text",
    waitMs,
  };
}

async function promote(
  values: SigningValues & StatusOptionValues,
  release: string,
  wish: PromotionWish,
): Promise<number> {
  const now = new Date();
  const data = await readSignedStatus(statusSource(values, process.env), now);
  const stories = tellAll(data, release, now);
  const lines = promotionLines(stories, wish);
  showLines(lines, values);
  if (values.json !== true) {
    const asked = stories.filter(({ update }) => wish.names === null || wish.names.includes(update.name));
    const table = renderList(asked, tableStyle(process.stdout, process.env));
    process.stdout.write(`\nAs the records have it:\n${table}`);
  }
  if (values.rehearse === true) return 0;
  if (lines.length === 0) {
    process.stderr.write("release-bot promote: nothing of it is ready\n");
    return 1;
  }
  return (await signAndPost(lines, data, values)) === "done" ? 0 : 1;
}

function usage(what: string): number {
  process.stderr.write(`release-bot promote: ${what}\n${help}`);
  return 2;
}
