import type { StatusPlace, StatusUpdate } from "./status-data.ts";

/** One distribution that a command line is about, and which build qube answers for it. */
export interface ConcernedPlace {
  /** `vm-fc42`; null for a template or an ISO as a whole. */
  readonly distribution: string | null;
  /** The environment whose part it is; null where the records know of none yet. */
  readonly environment: string | null;
  /** How it stands now, in a few words. */
  readonly now: string;
}

/** One line to sign, what it is about, and what will come of it where. */
export interface CommandLine {
  readonly line: string;
  /** What it does, in the words of the plan: `to current`. */
  readonly does: string;
  /** The status issue on which it is posted, where there is one. */
  readonly issue: number | null;
  readonly name: string;
  readonly version: string;
  readonly distributions: readonly string[];
  readonly places: readonly ConcernedPlace[];
}

/** How a distribution stands, for the plan that is shown before anything is signed. Untrusted. */
function standsNow({ packageVersion, repository, state, since }: StatusPlace): string {
  const version = packageVersion === null ? "" : `${packageVersion} `;
  if (repository === null) return state;
  return `${version}in ${repository}${since === null ? "" : ` since ${since.slice(0, 10)}`}`;
}

/** The places of a version that a line with these distributions is about; null: all of them. */
export function concernedPlaces(
  { places, kind }: StatusUpdate,
  distributions: readonly string[] | null,
): readonly ConcernedPlace[] {
  return places
    .filter(({ distribution }) => distributions === null || distributions.includes(distribution))
    .map((place) => ({
      distribution: kind === "component" ? place.distribution : null,
      environment: place.environment,
      now: standsNow(place),
    }))
    .sort((a, b) => ((a.distribution ?? "") < (b.distribution ?? "") ? -1 : 1));
}
