/** Logs as they are received, and the repository that they end in. */
export { joinRemote, type PushOutcome, pushedRef, pushLogs } from "./logs-push.ts";
export { LogsRepository, type LogsRepositorySettings, type RepositoryEntry } from "./logs-repository.ts";
export { OpenLogs } from "./open-logs.ts";
export { type LogIdentity, type LogLimits, RunningLog, type Snapshot } from "./running-log.ts";
