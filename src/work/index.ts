/** Jobs, queues, recovery after a crash, and the outbox. */
export * from "./back-off.ts";
export * from "./job.ts";
export * from "./ledger.ts";
export * from "./message.ts";
export * from "./place.ts";
export type * from "./ports.ts";
export * from "./pump.ts";
export { WakeUp } from "./wake-up.ts";
export * from "./worker.ts";
