import { openRepositories, type Repositories, type RepositoriesOptions } from "../../../adapters/repository/index.ts";
import type { Progress } from "../../../domain/index.ts";
import type { DistributionPlan } from "../../../promotion/index.ts";
import type { Watch } from "../progress.ts";

/** Opens the repositories; where somebody watches, what takes longer than two seconds shows how far it is. */
export function openWatched(options: RepositoriesOptions, watch: Watch): Repositories {
  if (!watch.isSeen) return openRepositories(options);
  // Distributions are planned together and changed one by one.
  let planned: readonly DistributionPlan[] = [];
  let ofAll = { done: 0, total: 1 };
  const tell = (progress: Progress): void => watch.tell(within(progress, ofAll));
  const repositories = openRepositories({ ...options, tell });
  const during = <T>(what: string, work: () => Promise<T>): Promise<T> => {
    ofAll = { done: 0, total: 1 };
    return watch.during(what, work);
  };
  const planning = async (work: () => Promise<readonly DistributionPlan[]>): Promise<readonly DistributionPlan[]> => {
    const plans = await during("plans", work);
    planned = plans.filter(({ refused }) => refused === undefined);
    return plans;
  };
  return {
    listed: (release, repository, distribution) => repositories.listed(release, repository, distribution),
    pendingUploads: () => repositories.pendingUploads(),
    plan: (request) => planning(() => repositories.plan(request)),
    planWithdrawal: (request) => planning(() => repositories.planWithdrawal(request)),
    apply: (plan, signer) =>
      during(`changes ${plan.to}`, () => {
        ofAll = { done: Math.max(0, planned.indexOf(plan)), total: Math.max(1, planned.length) };
        return repositories.apply(plan, signer);
      }),
    publish: (request, signer) => during("publishes", () => repositories.publish(request, signer)),
    standing: (query) => during("reads the repositories", () => repositories.standing(query)),
    create: (request, signer) => during("creates", () => repositories.create(request, signer)),
    resign: (request, signer) => during("signs", () => repositories.resign(request, signer)),
    check: () => during("checks the repositories", () => repositories.check()),
    recover: () => during("finishes what was interrupted", () => repositories.recover()),
    upload: (request, target) => during("uploads", () => repositories.upload(request, target)),
    cleanUp: (request, signer) => during("cleans up", () => repositories.cleanUp(request, signer)),
    reconcile: (mode) => during("compares records and repositories", () => repositories.reconcile(mode)),
  };
}

/** What one of several distributions is at, told as a part of all of them. */
function within(progress: Progress, { done, total }: { readonly done: number; readonly total: number }): Progress {
  if (total === 1 || progress.total === null) return progress;
  return { what: progress.what, done, total, part: { done: progress.done, total: progress.total, unit: "steps" } };
}
