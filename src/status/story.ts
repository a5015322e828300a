import {
  daysBetween,
  judgeReadiness,
  type Line,
  linesOf,
  minute,
  minuteOf,
  obstacleWords,
  oldEnough,
  type Readiness,
  shortObstacle,
} from "./readiness.ts";
import type { StatusData, StatusPlace, StatusUpdate } from "./status-data.ts";

/** One distribution's story, in facts: each a short text. */
export interface PlaceStory {
  readonly distribution: string;
  readonly environment: string;
  /** `ready`, `waiting`, `in current`: what it comes down to. */
  readonly verdict: "in current" | "ready" | "waiting";
  readonly lines: readonly string[];
  /** What stands in its way, or since when nothing does: short, for a table. Empty where it is in current. */
  readonly why: string;
  readonly repository: string | null;
  readonly log: string | null;
}

/** The whole story of one version, as far as records tell it. */
export interface Story {
  readonly update: StatusUpdate;
  readonly places: readonly PlaceStory[];
}

/** The stories of a component's (template's, ISO's) versions, newest first; one version where it is named. */
export function tellStories(
  data: StatusData,
  wanted: { readonly release: string; readonly name: string; readonly version: string | null },
  now: Date,
): readonly Story[] {
  const lines = linesOf(data.updates.filter(({ release, name }) => release === wanted.release && name === wanted.name));
  return lines.flatMap((line) =>
    line.updates
      .filter(
        ({ version }) => wanted.version === null || version === wanted.version || version === `v${wanted.version}`,
      )
      .map((update) => tellStory(update, line, now)),
  );
}

/** The stories of everything in a release, newest versions first within each name. */
export function tellAll(data: StatusData, release: string, now: Date): readonly Story[] {
  const lines = linesOf(data.updates.filter((update) => update.release === release));
  return lines.flatMap((line) => line.updates.map((update) => tellStory(update, line, now)));
}

/** The story of one version; `line` are the versions beside it. */
export function tellStory(update: StatusUpdate, line: Line, now: Date): Story {
  const places = [...update.places].sort((a, b) => (a.distribution < b.distribution ? -1 : 1));
  return { update, places: places.map((place) => placeStory(update, place, line, now)) };
}

function promoterWords(by: NonNullable<StatusPlace["promotedBy"]>): string {
  if ("operator" in by) return `by hand of ${by.operator}, ordered ${minuteOf(by.orderedAt)}: ${by.reason}`;
  return `promoted by ${by.signer}, signed ${minuteOf(by.signedAt)}${by.trace === null ? "" : `, command ${by.trace}`}`;
}

function placeStory(update: StatusUpdate, place: StatusPlace, line: Line, now: Date): PlaceStory {
  const readiness = judgeReadiness(update, place, line, now);
  const lines: string[] = [];
  if (place.builtAt !== null) lines.push(`built ${minuteOf(place.builtAt)}`);
  if (place.repository !== null) {
    const version = place.packageVersion === null ? "" : ` as ${place.packageVersion}`;
    lines.push(`in ${place.repository}${version}${place.since === null ? "" : ` since ${minuteOf(place.since)}`}`);
  }
  if (place.promotedBy !== null) lines.push(promoterWords(place.promotedBy));
  switch (readiness.kind) {
    case "in-current":
      break;
    case "ready":
      lines.push("may go to current now");
      break;
    case "waiting":
      if (
        place.state === "testing" &&
        place.since !== null &&
        !readiness.obstacles.some(({ kind }) => kind === "too-young")
      )
        lines.push(`old enough for current since ${minute(oldEnough(update, place.since))}`);
      lines.push(...readiness.obstacles.map(obstacleWords));
  }
  const verdicts = { "in-current": "in current", ready: "ready", waiting: "waiting" } as const;
  const { distribution, environment, repository, log } = place;
  return {
    distribution,
    environment,
    verdict: verdicts[readiness.kind],
    lines,
    why: shortWhy(readiness, place, now),
    repository,
    log,
  };
}

/** Every obstacle in a few words; for what is ready, how long it has been tested. */
function shortWhy(readiness: Readiness, { since }: StatusPlace, now: Date): string {
  switch (readiness.kind) {
    case "in-current":
      return "";
    case "ready":
      return since === null ? "ready" : `${daysBetween(new Date(since), now)} in testing`;
    case "waiting":
      return readiness.obstacles.map((obstacle) => shortObstacle(obstacle, now)).join("; ");
  }
}
