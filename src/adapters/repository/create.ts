import type { Release, RepositoryName } from "../../domain/index.ts";
import type { Signer } from "../../promotion/index.ts";
import { asItStands } from "./as-it-stands.ts";
import type { PlanTarget } from "./face.ts";
import { placeOf } from "./place.ts";
import type { Tree } from "./tree.ts";

/** Publishes signed empty metadata where there is none: a client of a repository that has nothing yet would get 404. */
export async function createRepository(
  tree: Tree,
  request: { readonly release: Release; readonly repository: RepositoryName } & PlanTarget,
  signer: Signer,
): Promise<void> {
  const place = placeOf(request.release, request.repository, request.distribution);
  await tree.alone(place, "untouched", async () => {
    const snapshot = tree.engine(place).read(place);
    if (snapshot.exists) return;
    await tree.change(asItStands(snapshot, request.signKey), signer, null);
  });
}
