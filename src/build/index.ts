/** What a push or a Build command leads to: fetch, verify, plan, build, publish, report. */
export type * from "./image-ports.ts";
export { isoTask, templateTask } from "./image-task.ts";
export { matchComponents, parsePushedName } from "./match.ts";
export type * from "./ports.ts";
export type { AskedBy, BuildRecord, StageName, StageRecord } from "./record.ts";
export { type BuildOutcome, type BuildRequest, runBuild } from "./run-build.ts";
export { type ImageOutcome, runImage } from "./run-image.ts";
export { scanTags, type TagScanPorts } from "./tag-scan.ts";
export { verifySource } from "./verify-source.ts";
