/** `release-bot list`: what may be promoted now, what not yet, and why. */
import { parseArgs } from "node:util";
import { parseRelease } from "../../domain/index.ts";
import { jsonText, renderCounts, renderList, type StatusUpdate, tellAll } from "../../status/index.ts";
import { orRefusal } from "./or-refusal.ts";
import { namesIn, publishedStatus, statusOptions, tableStyle } from "./status-options.ts";

/** What `--help` says. */
export const help = `release-bot list RELEASE [REPOSITORY] [--all] [--days N] [--components A,B] [--dists A,B] [--json]

What waits for promotion in RELEASE, ready first, with what stands in its way, from the signed status data that the build
qubes publish. Without --data and --keys the configuration's section status: says where it is and who signs it.

  REPOSITORY        only what stands in it: current-testing, security-testing, templates-itl-testing, …; a repository that
                    is promoted to (current, templates-itl) stands for its testing repository
  --all             versions that are wholly in current, too
  --components A,B  only these components and templates
  --dists A,B       only these distributions
  --days N          judge by N days in testing instead of each builder's own minimum
  --list            nothing else than without it: a former script's option
  --data FILE|URL --keys FILE|DIR   where the data is, and whose signature counts
  --max-age HOURS   how old the data may be (24)
  --json            one JSON array: a version, its distributions, what stands in the way

Example: release-bot list r4.3 --components core-admin
         release-bot list r4.3 current-testing --dists vm-fc42 --json
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
export function main(argv: readonly string[]): Promise<number> {
  return orRefusal({ name: "list", help }, async () => {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", repository, ...more] = positionals;
    const release = parseRelease(untrustedRelease);
    const days = values.days === undefined ? null : Number(values.days);
    if (release === null || more.length > 0) return usage("RELEASE, and perhaps a REPOSITORY, is expected");
    if (days !== null && !(days >= 0)) return usage("--days takes a number");
    const now = new Date();
    const data = await publishedStatus(values, process.env, now);
    const names = namesIn(values.components);
    const dists = namesIn(values.dists);
    const updates = data.updates.map((update) => ({ ...update, minAgeDays: days ?? update.minAgeDays }));
    const stories = tellAll({ ...data, updates }, release, now)
      .filter(({ update }) => names === null || names.includes(update.name))
      .map((story) => ({
        ...story,
        places: story.places
          .filter(({ distribution }) => dists === null || dists.includes(distribution))
          .filter((place) => repository === undefined || standsIn(place.repository, repository, story.update)),
      }))
      .filter(({ places }) => places.length > 0)
      .filter(({ places }) => values.all === true || places.some(({ verdict }) => verdict !== "in current"));
    if (values.json === true) {
      process.stdout.write(`${jsonText(stories)}\n`);
      return 0;
    }
    const shown = values.all === true ? stories : stories.map(withoutCurrent);
    process.stdout.write(renderList(shown, tableStyle(process.stdout, process.env)));
    const at = data.generatedAt.slice(0, 16).replace("T", " ");
    process.stderr.write(`${renderCounts(stories)}; data of ${at} UTC\n`);
    return 0;
  });
}

function standsIn(repository: string | null, wanted: string, { kind }: StatusUpdate): boolean {
  if (wanted === "current" && kind === "component" && repository === "security-testing") return true;
  return repository === wanted || repository === `${wanted}-testing`;
}

function withoutCurrent<Story extends { readonly places: readonly { readonly verdict: string }[] }>(
  story: Story,
): Story {
  return { ...story, places: story.places.filter(({ verdict }) => verdict !== "in current") };
}

function usage(what: string): number {
  process.stderr.write(`release-bot list: ${what}\n\n${help}`);
  return 2;
}
