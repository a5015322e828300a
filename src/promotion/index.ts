/** From testing to current: plans as pure data, and what carrying them out needs of the world. */
export type { DistributionPlan, Move, PromotionSubject, Standing } from "./plan.ts";
export type { PublicKeys, Signer, SignRequest } from "./ports.ts";
