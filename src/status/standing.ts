import { judgeReadiness, type Line, type Obstacle } from "./readiness.ts";
import type { StatusPlace, StatusUpdate } from "./status-data.ts";

/** In one word, how one distribution of a version stands; the page's colours, filters and legend go by these. */
export type Standing =
  | "ready"
  | "testing"
  | "held"
  | "buggy"
  | "failed"
  | "building"
  | "superseded"
  | "unstable"
  | "built"
  | "current";

/** The words with what they mean, in the order in which somebody has to do something about them. */
export const standings: ReadonlyMap<Standing, string> = new Map([
  ["ready", "old enough and free of objections: a release maintainer may move it to current"],
  ["testing", "in a testing repository, not yet old enough"],
  ["held", "in a testing repository, and a maintainer has signed that it stays there"],
  ["buggy", "in a testing repository, and somebody of the team has labelled it buggy"],
  ["failed", "its last build failed"],
  ["building", "is being built"],
  ["superseded", "a later version stands in its place"],
  ["unstable", "in the repository for what is not meant for current"],
  ["built", "built, and in no repository"],
  ["current", "released: everybody has it"],
]);

/** What weighs most first. */
const weight: readonly Obstacle["kind"][] = ["failed", "building", "superseded", "buggy", "held"];

/** The word for one distribution of a version, from records alone. */
export function standingOf(update: StatusUpdate, place: StatusPlace, line: Line, now: Date): Standing {
  const readiness = judgeReadiness(update, place, line, now);
  if (readiness.kind === "in-current") return "current";
  if (readiness.kind === "ready") return "ready";
  const kinds = readiness.obstacles.map(({ kind }) => kind);
  const [first] = weight.filter((kind) => kinds.includes(kind));
  switch (first) {
    case "failed":
    case "building":
    case "superseded":
    case "buggy":
    case "held":
      return first;
    default:
      return place.state === "testing" ? "testing" : place.repository === null ? "built" : "unstable";
  }
}

/** Whole days since it stands where it stands; null where nothing says since when. */
export function daysThere({ since }: StatusPlace, now: Date): number | null {
  return since === null ? null : Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 86_400_000));
}

/** `host` before the VMs, then by name. */
export function byDistribution(one: string, other: string): number {
  const isHost = (name: string): number => (name.startsWith("host-") ? 0 : 1);
  return isHost(one) - isHost(other) || (one < other ? -1 : one > other ? 1 : 0);
}
