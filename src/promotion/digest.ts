import { hash } from "node:crypto";
import type { DistributionPlan } from "./plan.ts";

/** Everything of a plan but its digest. */
export type UndigestedPlan = Omit<DistributionPlan, "digest">;

/** Adds the digest: SHA-256 over the plan as JSON with its keys in order, so that the same plan always has the same one. */
export function digestPlan(plan: UndigestedPlan): DistributionPlan {
  return { ...plan, digest: hash("sha256", JSON.stringify(inOrder(plan))) };
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, inOrder(one)]));
}
