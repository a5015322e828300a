/** Comment → blocks → frame → verified message → commands. The one room that knows OpenPGP. */
export { type DroppedBlock, type DropReason, extractBlocks } from "./blocks.ts";
export { isSignedLine, parseCommands, type SignedLine } from "./command-lines.ts";
export { longestMessage, parseFrame } from "./frame.ts";
export type { LedgerKey } from "./ledger-key.ts";
export type { Opinion, OpinionQuestion, SecondOpinion } from "./ports.ts";
export { reportKeys } from "./report-keys.ts";
export { traceOf } from "./trace.ts";
export { type KeyFile, type KeySource, parseTrustedKeys, type TrustedKeys } from "./trusted-keys.ts";
export type { VerifiedMessage } from "./verified-message.ts";
export { oldestAcceptable, verifyFrame } from "./verify-frame.ts";
