/** What was done, so that anybody can check it afterwards: statements of deeds, and their audit. */
export { type AuditQuestion, audit } from "./audit.ts";
export { BrokenLink } from "./broken-link.ts";
export type { Build, Deed, Hold, Promotion } from "./deed.ts";
export { nameOf, whichOf } from "./deed.ts";
export type { LogMode } from "./log-mode.ts";
export type { AuditEvidence, DeedPlace, ExaminedPlace, FoundFile } from "./ports.ts";
export { recordProvenance, traceOfStatement } from "./record-provenance.ts";
export { type SignerStory, tellOfSigner } from "./signer-story.ts";
export { deedOf, statementOf } from "./statements.ts";
