/** State in SQLite: the agent's ledger, jobs and outbox; the receiver's outbox. */
export { type AgentStore, openAgentStore } from "./agent-store.ts";
export type { SqliteJobs } from "./job-store.ts";
export type { JobEntry, PausedQueue } from "./queue-desk.ts";
export { openReceiverStore, type ReceiverStore } from "./receiver-store.ts";
