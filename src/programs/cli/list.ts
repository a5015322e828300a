/** `release-bot list`: what may be promoted now, what not yet, and why. */
import { parseArgs } from "node:util";
import { AdapterError, parseRelease } from "../../domain/index.ts";
import { renderList, tellAll } from "../../status/index.ts";
import { statusOptions, statusSource, tableStyle } from "./status-options.ts";
import { readSignedStatus } from "./status-source.ts";

const help = `release-bot list RELEASE [--data FILE|URL --keys FILE|DIR] [--all] [--json] [--days N] [--components A,B] [--dists A,B]

What waits for promotion in RELEASE, ready first, with what stands in its way, from the signed status data that the build
qubes publish. Without --data and --keys the configuration's section status: says where it is and who signs it.

  --all             versions that are wholly in current, too
  --components A,B  only these components and templates
  --dists A,B       only these distributions
  --days N          judge by N days in testing instead of each builder's own minimum
  --max-age HOURS   how old the data may be (24)
  --json            one JSON array: a version, its distributions, what stands in the way

Example: release-bot list r4.3 --components core-admin
Exit status 0 done, 1 data that cannot be believed, 2 wrong usage.
`;

const options = {
  ...statusOptions,
  all: { type: "boolean" },
  components: { type: "string" },
  dists: { type: "string" },
  days: { type: "string" },
  list: { type: "boolean" },
} as const;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const release = parseRelease(positionals[0] ?? "");
    const days = values.days === undefined ? null : Number(values.days);
    if (release === null || positionals.length > 1 || (days !== null && !(days >= 0)))
      return usage("RELEASE is expected");
    const now = new Date();
    const data = await readSignedStatus(statusSource(values, process.env), now);
    const names = values.components?.split(",") ?? null;
    const dists = values.dists?.split(",") ?? null;
    const updates = data.updates.map((update) => ({ ...update, minAgeDays: days ?? update.minAgeDays }));
    const stories = tellAll({ ...data, updates }, release, now)
      .filter(({ update }) => names === null || names.includes(update.name))
      .map((story) => ({
        ...story,
        places: story.places.filter(({ distribution }) => dists === null || dists.includes(distribution)),
      }))
      .filter(({ places }) => values.all === true || places.some(({ verdict }) => verdict !== "in current"));
    process.stdout.write(
      values.json === true
        ? `${JSON.stringify(stories)}\n`
        : renderList(stories, tableStyle(process.stdout, process.env)),
    );
    return 0;
  } catch (error) {
    if (error instanceof AdapterError) {
      process.stderr.write(`release-bot list: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

function usage(what: string): number {
  process.stderr.write(`release-bot list: ${what}\n${help}`);
  return 2;
}
