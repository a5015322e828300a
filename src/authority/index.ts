/** What a signer may do: grants, freshness, order, and how sure the clock is. Pure. */
export { authorize, type Decision } from "./authorize.ts";
export { type AuthorizedCommand, orderScopes, type Target } from "./authorized-command.ts";
export { type ClockJudgement, type ClockReading, judgeClock } from "./clock.ts";
export type { Environment, KnownNames } from "./environment.ts";
export { refuseTimestamp } from "./freshness.ts";
export { authorizeOperator } from "./operator.ts";
export type { LedgerView, OrderScope } from "./ports.ts";
