/** `release-bot promote`: signs what is ready from the build qubes' own records, posts it, and follows the answers. */
import { parseArgs } from "node:util";
import { GithubFault } from "../../adapters/github/fault.ts";
import { AdapterError, parseRelease } from "../../domain/index.ts";
import { type PromotionWish, promotionLines, renderList, tellAll } from "../../status/index.ts";
import { type SigningValues, showLines, signAndPost, signingHelp, signingOptions } from "./sign-and-post.ts";
import { type StatusOptionValues, statusSource, tableStyle } from "./status-options.ts";
import { readSignedStatus } from "./status-source.ts";

const help = `release-bot promote RELEASE NAME…|--all-ready --key FINGERPRINT --token-file FILE [--to REPOSITORY] [--dist A,B]

Shows the command lines for what is ready, built from the build qubes' signed status data, and what is left out and why;
asks; signs them as one message; posts it on the first one's status issue; and follows the answers.

  --to REPOSITORY    current (default), security-testing, templates-itl or templates-community
  --dist A,B         only these distributions (also --dists)
  --all-ready        everything that is ready (also --all)
${signingHelp}
Example: release-bot promote r4.3 core-admin --key 0123…CDEF --token-file ~/.config/github-token
Exit status 0 all answered and done, 1 refused, unanswered or failed, 2 wrong usage.
`;

const options = {
  ...signingOptions,
  to: { type: "string" },
  dist: { type: "string" },
  dists: { type: "string" },
  "all-ready": { type: "boolean" },
  all: { type: "boolean" },
} as const;

const targets = ["current", "security-testing", "templates-itl", "templates-community"] as const;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", ...names] = positionals;
    const release = parseRelease(untrustedRelease);
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
