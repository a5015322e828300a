/** From testing to current: plans as pure data, and what carrying them out needs of the world. */
export type {
  BuildFact,
  DistributionFacts,
  FileEvidence,
  ListedPackage,
  PublicationFact,
  TestingFact,
} from "./facts.ts";
export type { DistributionPlan, Move, PromotionSubject, Standing } from "./plan.ts";
export { type DraftPlan, draftPromotion, planPromotion } from "./plan-promotion.ts";
export { planWithdrawal, type WithdrawalQuestion } from "./plan-withdrawal.ts";
export type { PublicKeys, Signer, SignRequest } from "./ports.ts";
export { formatMinute, type PromotionQuestion, type Selection } from "./select.ts";
export { testingOf } from "./testing.ts";
