/** Jobs, queues, recovery after a crash, and the outbox. */
export * from "./back-off.ts";
export * from "./job.ts";
export * from "./lane.ts";
export * from "./message.ts";
export type * from "./ports.ts";
