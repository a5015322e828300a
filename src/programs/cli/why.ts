/** `release-bot why`: the whole story of a version, for each distribution. */
import { parseArgs } from "node:util";
import { AdapterError, parseRelease } from "../../domain/index.ts";
import { renderStories, tellStories } from "../../status/index.ts";
import { statusOptions, statusSource, tableStyle } from "./status-options.ts";
import { readSignedStatus } from "./status-source.ts";

const help = `release-bot why RELEASE NAME [VERSION] [--data FILE|URL --keys FILE|DIR] [--json]

For each distribution of a component (or template): built when, with which log, where it stands and since when, from when
on it may go to current, and what stands in the way. Without VERSION the newest.

Example: release-bot why r4.3 core-admin v4.3.12
Exit status 0 done, 1 unknown, or data that cannot be believed, 2 wrong usage.
`;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: statusOptions, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", name, version, ...more] = positionals;
    const release = parseRelease(untrustedRelease);
    if (release === null || name === undefined || more.length > 0) return usage("RELEASE and NAME are expected");
    const now = new Date();
    const data = await readSignedStatus(statusSource(values, process.env), now);
    const found = tellStories(data, { release, name, version: version ?? null }, now);
    const stories = version === undefined ? found.slice(0, 1) : found;
    if (stories.length === 0) {
      process.stderr.write(
        `release-bot why: no record of ${name}${version === undefined ? "" : ` ${version}`} in ${release}\n`,
      );
      return 1;
    }
    process.stdout.write(
      values.json === true
        ? `${JSON.stringify(stories)}\n`
        : renderStories(stories, tableStyle(process.stdout, process.env)),
    );
    return 0;
  } catch (error) {
    if (error instanceof AdapterError) {
      process.stderr.write(`release-bot why: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

function usage(what: string): number {
  process.stderr.write(`release-bot why: ${what}\n${help}`);
  return 2;
}
