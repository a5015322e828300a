import type { PendingUpload } from "./face.ts";
import { placesInTree } from "./places-in-tree.ts";
import type { Tree } from "./tree.ts";
import { retryAt, uploadState } from "./upload.ts";

/** Repositories that were uploaded before, or were to be, and have changed since: published, not uploaded. */
export function pendingUploads(tree: Tree): PendingUpload[] {
  return placesInTree(tree).flatMap(({ place, distribution }) => {
    const state = uploadState(tree, place);
    if (state === null || state.uploaded === tree.engine(place).read(place).identity) return [];
    const { release, repository } = place;
    const { to, tries, error } = state;
    return [{ release, repository, distribution, to, tries, error, retryAt: tries === 0 ? null : retryAt(state) }];
  });
}
