import type { Line } from "./readiness.ts";
import { linesOf } from "./readiness.ts";
import type { SitePaths } from "./site-paths.ts";
import { byDistribution, type Standing, standingOf } from "./standing.ts";
import type { StatusPlace, StatusUpdate } from "./status-data.ts";

/** A version with its page, and for each distribution the word for how it stands. */
export interface Told {
  readonly update: StatusUpdate;
  readonly path: string;
  /** `host` first, then by name. */
  readonly places: readonly { readonly place: StatusPlace; readonly standing: Standing }[];
}

/** The versions of one component, template or ISO of one release, newest first. */
export interface ToldLine {
  readonly line: Line;
  readonly versions: readonly Told[];
}

/** Everything, by line; lines in the order of their names. */
export function tellLines(updates: readonly StatusUpdate[], paths: SitePaths, now: Date): readonly ToldLine[] {
  const lines = linesOf(updates).map(
    (line): ToldLine => ({
      line,
      versions: line.updates.map((update) => ({
        update,
        path: paths.ofUpdate(update),
        places: [...update.places]
          .sort((one, other) => byDistribution(one.distribution, other.distribution))
          .map((place) => ({ place, standing: standingOf(update, place, line, now) })),
      })),
    }),
  );
  const nameOf = ({ versions: [first] }: ToldLine): string => first?.update.name ?? "";
  return lines.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}
