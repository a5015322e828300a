import { byDistribution } from "./standing.ts";
import type { StatusUpdate } from "./status-data.ts";

/** Something that happened to a version: the same thing of several distributions is one. */
export interface Happening {
  readonly update: StatusUpdate;
  /** `built`, `failed`, or the repository that it came to. */
  readonly what: string;
  readonly distributions: readonly string[];
  /** The latest of them, RFC 3339. */
  readonly at: string;
}

/** What the records tell with a date, the latest first. */
export function happeningsOf(updates: readonly StatusUpdate[]): readonly Happening[] {
  return updates.flatMap(happeningsOfOne).sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

function happeningsOfOne(update: StatusUpdate): readonly Happening[] {
  const found = new Map<string, { distributions: string[]; at: string }>();
  const note = (what: string | null, at: string | null, distribution: string): void => {
    if (what === null || at === null) return;
    // Times come with and without fractions of a second; as text, only one form sorts.
    const time = at.length === 24 ? at : new Date(at).toISOString();
    const known = found.get(what);
    if (known === undefined) found.set(what, { distributions: [distribution], at: time });
    else {
      known.distributions.push(distribution);
      if (time > known.at) known.at = time;
    }
  };
  for (const { distribution, repository, since, builtAt, failedAt } of update.places) {
    note("built", builtAt, distribution);
    note("failed", failedAt, distribution);
    note(repository, since, distribution);
  }
  return [...found].map(([what, { distributions, at }]) => ({
    update,
    what,
    distributions: distributions.sort(byDistribution),
    at,
  }));
}

/** So many distributions are named in a line. */
const mostNamed = 12;

/** `in current for vm-fc42`, `failed for vm-fc42`. */
export function happeningWords({ what, distributions }: Happening): string {
  const named = distributions.slice(0, mostNamed).join(", ");
  const more = distributions.length > mostNamed ? ` and ${distributions.length - mostNamed} more` : "";
  const where = distributions.length === 1 && distributions[0] === "all" ? "" : ` for ${named}${more}`;
  return `${what === "built" || what === "failed" ? what : `in ${what}`}${where}`;
}
