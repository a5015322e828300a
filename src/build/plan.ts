import type { CommitSha, Distribution, DistributionName } from "../domain/index.ts";
import type { StandingPackage } from "./ports.ts";

/** What is to become of one distribution. */
export interface PlannedDistribution {
  readonly distribution: Distribution;
  /** Why it is not built; null: it is. */
  readonly skip: string | null;
  /** Whether this very commit stands in a repository already. */
  readonly released: boolean;
}

/** What the plan is made from. */
export interface PlanFacts {
  readonly commit: CommitSha;
  readonly distributions: readonly Distribution[];
  /** Null: all of them. */
  readonly selection: readonly DistributionName[] | null;
  readonly standing: readonly StandingPackage[];
  /** Why the component has no packages for a distribution; those that are not in it have some. */
  readonly withoutPackages: ReadonlyMap<DistributionName, string>;
}

/** Decides for each distribution of the builder, in its order, whether it is built; each that is not has its reason. */
export function planDistributions(facts: PlanFacts): readonly PlannedDistribution[] {
  return facts.distributions.map((distribution) => {
    const released = facts.standing.find(
      (standing) => standing.distribution === distribution.name && standing.commit === facts.commit,
    );
    const asked = facts.selection === null || facts.selection.includes(distribution.name);
    const skip = !asked
      ? "not asked for"
      : released !== undefined
        ? `already in ${released.repository} at this version`
        : (facts.withoutPackages.get(distribution.name) ?? null);
    return { distribution, skip, released: released !== undefined };
  });
}
