/** From testing to current: plans as pure data, and what carrying them out needs of the world. */
export type {
  BuildFact,
  DistributionFacts,
  FileEvidence,
  ListedPackage,
  TestingFact,
} from "./facts.ts";
export { isListed, withSignatures } from "./listed.ts";
export { type DistributionPlan, distributionOfPlan, type Move, type PromotionSubject } from "./plan.ts";
export { draftPromotion, planPromotion } from "./plan-promotion.ts";
export { planWithdrawal } from "./plan-withdrawal.ts";
export type { PublicKeys, Signer, SignRequest } from "./ports.ts";
export { rewindFacts } from "./rewind.ts";
export type { PromotionQuestion, Selection } from "./select.ts";
export { testingOf } from "./testing.ts";
