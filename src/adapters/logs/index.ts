/** Logs as they are received, and the repository that they end in. */
export { keptLength, keptLogs, readKeptLog } from "./kept-logs.ts";
export { joinRemote, pushedRef, pushLogs } from "./logs-push.ts";
export { LogsRepository, type RepositoryEntry } from "./logs-repository.ts";
export { OpenLogs } from "./open-logs.ts";
export { type LogLimits, RunningLog } from "./running-log.ts";
export { VerifiedBranch } from "./verified-branch.ts";
