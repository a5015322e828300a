/** What was done, so that anybody can check it afterwards: statements of builds and promotions, and their audit. */
export { type AuditQuestion, audit, BrokenLink } from "./audit.ts";
export type { AuditEvidence, FoundFile, SignedMetadata } from "./ports.ts";
export { recordProvenance } from "./record-provenance.ts";
export { type BuildFacts, buildStatement, promotionStatement } from "./statements.ts";
