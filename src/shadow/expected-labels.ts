import { parseDistributionName, type Release, type RepositoryName } from "../domain/index.ts";
import { labelPrefix, reached } from "../report/index.ts";
import type { SeenIssue } from "./rehearsal.ts";

/** What of an issue's labels is not as a build's being in a repository makes it, a line each. */
export function labelFaults(
  issue: SeenIssue,
  where: { readonly release: Release; readonly dist: string; readonly repository: RepositoryName },
): readonly string[] {
  const { release, dist, repository } = where;
  const prefix = labelPrefix(release, parseDistributionName(dist));
  const { add, remove } = reached(release, prefix, repository);
  const on = new Set(issue.labels);
  // What went on from testing to stable since has taken the label of testing with it.
  const wentOn = [`${prefix}-stable`, `${release}-stable`].some((label) => on.has(label));
  const missing =
    wentOn && !add.some((label) => label.endsWith("-stable")) ? [] : add.filter((label) => !on.has(label));
  const left = remove.filter((label) => on.has(label));
  return [
    ...missing.map((label) => `#${issue.number} has not the label ${label}`),
    ...left.map((label) => `#${issue.number} still has the label ${label}`),
  ];
}

/** How far a build has come, by its issue's labels: where it failed, both tried. */
export function buildState(
  issue: SeenIssue,
  where: { readonly release: Release; readonly dist: string },
): "failed" | "building" | "reached" | "unknown" {
  const { release, dist } = where;
  const prefix = labelPrefix(release, parseDistributionName(dist));
  const has = (end: string): boolean => issue.labels.includes(`${prefix}-${end}`);
  if (["cur-test", "sec-test", "testing", "stable"].some(has)) return "reached";
  if (has("failed") || issue.labels.includes(`${release}-failed`)) return "failed";
  return has("building") ? "building" : "unknown";
}
