/** What would have been done, what was done, and how they differ. */
export { compareShadow, type ShadowFacts } from "./compare.ts";
export { isDifference } from "./comparison.ts";
export { differencesOf, missingOf } from "./differences.ts";
export type { AskedFor, Deed, RefusedLine, Rehearsal, RehearsedPlace, SeenIssue } from "./rehearsal.ts";
export { renderComparisons, summarize } from "./render.ts";
