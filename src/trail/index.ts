/** What was done, so that anybody can check it afterwards: statements of builds and promotions, and their audit. */
export { type AuditLink, type AuditQuestion, audit, BrokenLink } from "./audit.ts";
export type { AuditEvidence, FoundFile, SignedMetadata } from "./ports.ts";
export { type ProvenancePorts, recordProvenance } from "./record-provenance.ts";
export {
  type BuildFacts,
  buildStatement,
  type PackageFact,
  type PromotionFacts,
  promotionStatement,
} from "./statements.ts";
