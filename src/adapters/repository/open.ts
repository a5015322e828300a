import { readOnlyDisk } from "../files/index.ts";
import { applyPlan } from "./apply.ts";
import { checkTree } from "./check.ts";
import { cleanUp } from "./clean-up.ts";
import { createRepository } from "./create.ts";
import type { ReadingRepositories, Repositories, RepositoriesOptions } from "./face.ts";
import { KnownKeys } from "./known-keys.ts";
import { pendingUploads } from "./pending-uploads.ts";
import { placeOf } from "./place.ts";
import { planTargets, planWithdrawals, rehearseTargets } from "./plan.ts";
import { publishBuild } from "./publish.ts";
import { listedFiles, publishedSince } from "./published.ts";
import { reconcile } from "./reconcile.ts";
import { recoverAll } from "./recover.ts";
import { resign } from "./resign.ts";
import { standingVersions } from "./standing.ts";
import { Tree } from "./tree.ts";
import { uploadPlace } from "./upload.ts";

/** Opens the repositories under a root. Nothing is read or changed yet. */
export function openRepositories(options: RepositoriesOptions): Repositories {
  const tree = new Tree(options);
  return {
    publish: (request, signer) => publishBuild(tree, request, signer),
    plan: (request) => planTargets(tree, request),
    planWithdrawal: (request) => planWithdrawals(tree, request),
    apply: (plan, signer) => applyPlan(tree, plan, signer),
    standing: (query) => standingVersions(tree, query),
    create: (request, signer) => createRepository(tree, request, signer),
    // Only a check may fall back on keys that were kept in the tree itself.
    check: () => checkTree(new Tree({ ...options, keys: new KnownKeys(options) })),
    upload: ({ release, repository, distribution }, target) =>
      uploadPlace(tree, placeOf(release, repository, distribution), target),
    pendingUploads: () => pendingUploads(tree),
    cleanUp: (request, signer) => cleanUp(tree, request, signer),
    reconcile: (mode) => reconcile(tree, mode),
    resign: (request, signer) => resign(tree, request, signer),
    recover: () => recoverAll(tree),
    listed: (release, repository, distribution) => listedFiles(tree, release, repository, distribution),
  };
}

/** Opens the repositories under a root to be looked at. They stand on a disk that cannot be written, and have no signer. */
export function openReadingRepositories(options: Omit<RepositoriesOptions, "mirrors">): ReadingRepositories {
  const tree = new Tree({ ...options, disk: readOnlyDisk(options.disk) });
  return {
    rehearse: (request, since) => rehearseTargets(tree, request, since),
    planWithdrawal: (request) => planWithdrawals(tree, request),
    standing: (query) => standingVersions(tree, query),
    publishedSince: (release, since) => publishedSince(tree, release, since),
  };
}
