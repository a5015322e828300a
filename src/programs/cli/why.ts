/** `release-bot why`: the whole story of a version, for each distribution. */
import { parseArgs } from "node:util";
import { nearest } from "../../../commands/index.ts";
import { parseRelease } from "../../domain/index.ts";
import { jsonText, printable, renderStories, tellStories } from "../../status/index.ts";
import { orRefusal } from "./or-refusal.ts";
import { publishedStatus, statusOptions, tableStyle } from "./status-options.ts";

/** What `--help` says. */
export const help = `release-bot why RELEASE NAME [VERSION] [--data FILE|URL --keys FILE|DIR] [--json]

For each distribution of a component (or template): built when, with which log, where it stands and since when, from when
on it may go to current, and what stands in the way. Without VERSION the newest.

  --data, --keys, --max-age, --config   as for 'release-bot list'
  --json  for scripts

Example: release-bot why r4.3 core-admin v4.3.12
         release-bot why r4.3 debian-13-xfce --json
Exit status 0 done, 1 unknown, or data that cannot be believed, 2 wrong usage.
`;

/** Answers the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return orRefusal({ name: "why", help }, async () => {
    const { values, positionals } = parseArgs({ args: [...argv], options: statusOptions, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", name, version, ...more] = positionals;
    const release = parseRelease(untrustedRelease);
    if (release === null || name === undefined || more.length > 0) return usage("RELEASE and NAME are expected");
    const now = new Date();
    const data = await publishedStatus(values, process.env, now);
    const found = tellStories(data, { release, name, version: version ?? null }, now);
    const stories = version === undefined ? found.slice(0, 1) : found;
    if (stories.length === 0) {
      const what = printable(`${name.slice(0, 64)}${version === undefined ? "" : ` ${version.slice(0, 64)}`}`);
      const names = data.updates.filter((update) => update.release === release).map((update) => update.name);
      const near = nearest(name, [...new Set(names)]);
      const hint = near === null ? "" : `; did you mean ${printable(near)}?`;
      process.stderr.write(`release-bot why: no record of ${what} in ${release}${hint}\n`);
      return 1;
    }
    process.stdout.write(
      values.json === true ? `${jsonText(stories)}\n` : renderStories(stories, tableStyle(process.stdout, process.env)),
    );
    const others = found.filter((story) => !stories.includes(story)).map(({ update }) => printable(update.version));
    if (others.length > 0 && values.json !== true)
      process.stderr.write(`other versions: ${others.slice(0, 10).join(", ")}${others.length > 10 ? ", …" : ""}\n`);
    return 0;
  });
}

function usage(what: string): number {
  process.stderr.write(`release-bot why: ${what}\n\n${help}`);
  return 2;
}
