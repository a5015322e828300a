import { compareVersions } from "../domain/index.ts";
import type { StatusPlace, StatusUpdate } from "./status-data.ts";

/** What keeps one distribution of a version from `current`. */
export type Obstacle =
  | { readonly kind: "too-young"; readonly from: Date }
  | { readonly kind: "held"; readonly by: string }
  | { readonly kind: "buggy" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "building" }
  | { readonly kind: "not-in-testing" }
  | { readonly kind: "superseded"; readonly by: string }
  /** No command promotes an ISO. */
  | { readonly kind: "iso" };

/** Where one distribution of a version stands on its way. */
export type Readiness =
  | { readonly kind: "in-current"; readonly since: Date | null }
  | { readonly kind: "ready" }
  | { readonly kind: "waiting"; readonly obstacles: readonly [Obstacle, ...Obstacle[]] };

/** The versions of one component, template or ISO line, for looking up what replaces what. */
export interface Line {
  /** The newest version first. */
  readonly updates: readonly StatusUpdate[];
  /** Distribution → the newest version that stands in testing or current there. */
  readonly newest: ReadonlyMap<string, StatusUpdate>;
}

/** Groups updates by what they are versions of; each line with the newest version first. */
export function linesOf(updates: readonly StatusUpdate[]): readonly Line[] {
  const lines = new Map<string, StatusUpdate[]>();
  for (const update of updates) {
    const key = `${update.release}\n${update.kind}\n${update.name}`;
    const line = lines.get(key);
    if (line === undefined) lines.set(key, [update]);
    else line.push(update);
  }
  return [...lines.values()].map((line) => {
    line.sort((a, b) => compareVersions(b.version, a.version));
    const newest = new Map<string, StatusUpdate>();
    for (const update of line) {
      for (const place of update.places) {
        if (stands(place) && !newest.has(place.distribution)) newest.set(place.distribution, update);
      }
    }
    return { updates: line, newest };
  });
}

/** Judges one distribution of a version, from records alone; the build qube decides again when a command comes. */
export function judgeReadiness(update: StatusUpdate, place: StatusPlace, line: Line, now: Date): Readiness {
  if (place.state === "current")
    return { kind: "in-current", since: place.since === null ? null : new Date(place.since) };
  const obstacles: Obstacle[] = [];
  const newest = line.newest.get(place.distribution);
  const isLater = newest !== undefined && newest !== update && compareVersions(newest.version, update.version) > 0;
  const later = isLater ? newest : undefined;
  if (later !== undefined) obstacles.push({ kind: "superseded", by: later.version });
  if (place.state === "failed") obstacles.push({ kind: "failed", reason: place.reason });
  if (place.state === "building") obstacles.push({ kind: "building" });
  if (place.state === "other") obstacles.push({ kind: "not-in-testing" });
  if (place.state === "testing" && update.kind === "iso") obstacles.push({ kind: "iso" });
  else if (place.state === "testing") {
    const from = place.since === null ? null : oldEnough(update, place.since);
    if (from === null) obstacles.push({ kind: "not-in-testing" });
    else if (from > now) obstacles.push({ kind: "too-young", from });
  }
  if (place.heldBy !== null) obstacles.push({ kind: "held", by: place.heldBy });
  if (update.buggy) obstacles.push({ kind: "buggy" });
  const [first, ...rest] = obstacles;
  return first === undefined ? { kind: "ready" } : { kind: "waiting", obstacles: [first, ...rest] };
}

/** When what came into testing then has been there for long enough. */
export function oldEnough({ minAgeDays }: StatusUpdate, since: string): Date {
  return new Date(Date.parse(since) + minAgeDays * 86_400_000);
}

function stands({ state }: StatusPlace): boolean {
  return state === "testing" || state === "current";
}

/** An obstacle in words, for people. Untrusted words in it are the data's. */
export function obstacleWords(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case "too-young":
      return `too young: may go from ${minute(obstacle.from)} on`;
    case "held":
      return `held by ${obstacle.by}`;
    case "buggy":
      return "labelled buggy";
    case "failed":
      return `failed${obstacle.reason === "" ? "" : `: ${obstacle.reason}`}`;
    case "building":
      return "being built";
    case "not-in-testing":
      return "not in testing";
    case "superseded":
      return `superseded by ${obstacle.by}`;
    case "iso":
      return "for testing: ISOs are not promoted";
  }
}

/** The same where room is scarce. */
export function shortObstacle(obstacle: Obstacle, now: Date): string {
  if (obstacle.kind === "too-young")
    return `${daysBetween(now, obstacle.from)} left, from ${obstacle.from.toISOString().slice(5, 16).replace("T", " ")}`;
  if (obstacle.kind === "held") return `held by ${obstacle.by.slice(-16)}`;
  const words = obstacleWords(obstacle);
  return words.length > 60 ? `${words.slice(0, 59)}…` : words;
}

/** `3 days`, `5 hours`, `12 minutes`: rounded so that what is left is not told too short, nor what has passed too long. */
export function daysBetween(from: Date, to: Date): string {
  const minutes = Math.max(0, (to.getTime() - from.getTime()) / 60_000);
  if (minutes >= 2880) return `${Math.floor(minutes / 1440)} days`;
  if (minutes >= 120) return `${Math.floor(minutes / 60)} hours`;
  return `${Math.ceil(minutes)} ${Math.ceil(minutes) === 1 ? "minute" : "minutes"}`;
}

/** `2026-11-20 10:00 UTC` */
export function minute(date: Date): string {
  return minuteOf(date.toISOString());
}

/** The same of a time as data has it (RFC 3339, UTC). */
export function minuteOf(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
