import type { Repositories } from "../../../adapters/repository/index.ts";
import { type ProgressStream, withProgress } from "../progress.ts";

/** The same repositories; on a terminal, what takes longer than two seconds shows what it is at. */
export function watched(repositories: Repositories, stream: ProgressStream): Repositories {
  const during = <T>(what: string, work: () => Promise<T>): Promise<T> => withProgress(what, stream, work);
  return {
    listed: (release, repository, distribution) => repositories.listed(release, repository, distribution),
    plan: (request) => during("plans the promotion", () => repositories.plan(request)),
    planWithdrawal: (request) => during("plans the withdrawal", () => repositories.planWithdrawal(request)),
    publish: (request, signer) => during("publishes", () => repositories.publish(request, signer)),
    apply: (plan, signer) => during(`changes ${plan.to} of ${plan.dist}`, () => repositories.apply(plan, signer)),
    standing: (query) => during("reads the repositories", () => repositories.standing(query)),
    create: (request, signer) => during("creates", () => repositories.create(request, signer)),
    resign: (request, signer) => during("signs", () => repositories.resign(request, signer)),
    check: () =>
      withProgress("files checked", stream, (tell) =>
        repositories.check((done, total) => tell({ what: "files checked", done, total })),
      ),
    recover: () => during("finishes what was interrupted", () => repositories.recover()),
    upload: (request, target) => during(`uploads ${request.repository}`, () => repositories.upload(request, target)),
    pendingUploads: () => repositories.pendingUploads(),
    cleanUp: (request, signer) => during("cleans up", () => repositories.cleanUp(request, signer)),
    reconcile: (mode) => during("compares records and repositories", () => repositories.reconcile(mode)),
  };
}
