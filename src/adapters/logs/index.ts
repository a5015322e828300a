/**
 * Logs as they are received, and the repository that they end in. What an audit reads (`verified-branch.ts`) is apart: the
 * receiver is to stay small.
 */
export { keptLength, keptLogs, readKeptLog } from "./kept-logs.ts";
export { joinRemote, pushedRef, pushLogs } from "./logs-push.ts";
export { LogsRepository, type RepositoryEntry } from "./logs-repository.ts";
export { OpenLogs } from "./open-logs.ts";
export { type LogLimits, RunningLog } from "./running-log.ts";
