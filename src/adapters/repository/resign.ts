/**
 * A change of the sign key: each repository's metadata, verified by the former key, is signed anew by the new one. Nothing
 * of what it lists changes, and packages keep the signatures that they carry.
 */

import { dirname } from "node:path";
import { AdapterError, type Fingerprint } from "../../domain/index.ts";
import type { Signer } from "../../promotion/index.ts";
import { asItStands } from "./as-it-stands.ts";
import type { Resigned, ResignRequest } from "./face.ts";
import { knownKeyFile } from "./known-keys.ts";
import { type Place, placeName } from "./place.ts";
import { placesInTree } from "./places-in-tree.ts";
import { signersFile } from "./signers.ts";
import type { Tree } from "./tree.ts";

/** Signs each repository that is asked for; one that cannot be signed does not keep the others from it. */
export async function resign(tree: Tree, request: ResignRequest, signer: Signer): Promise<Resigned[]> {
  const { release, repository, distributions } = request;
  const places = placesInTree(tree).filter(
    ({ place }) =>
      (release === null || place.release === release) &&
      (repository === null || place.repository === repository) &&
      (distributions === null || distributions.some(({ name }) => name === place.dist)),
  );
  const done: Resigned[] = [];
  for (const [index, { place }] of places.entries()) {
    const where = placeName(place);
    tree.tell({ what: `signs ${where}`, done: index, total: places.length });
    try {
      done.push({ where, outcome: await resignPlace(tree, place, request, signer), reason: null });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      done.push({ where, outcome: "failed", reason: error.message });
    }
  }
  return done;
}

async function resignPlace(
  tree: Tree,
  place: Place,
  { signKey, formerKeys }: ResignRequest,
  signer: Signer,
): Promise<"signed" | "already"> {
  return tree.alone(place, "untouched", async () => {
    const engine = tree.engine(place);
    const snapshot = engine.read(place);
    const verdictBy = async (key: Fingerprint): Promise<string | null> => {
      const check = await engine.judge(snapshot, key);
      return check === "absent" ? "there is no metadata" : check.verdict;
    };
    if ((await verdictBy(signKey)) === null) return "already";
    const verdicts = await Promise.all(formerKeys.map(verdictBy));
    const at = verdicts.indexOf(null);
    const former = formerKeys[at];
    if (former === undefined) {
      throw new AdapterError("UNEXPECTED_ANSWER", `by the former key: ${verdicts[0] ?? "none is named"}`);
    }
    // That the former key signed it is so whether or not the rest succeeds; later the new one is put before it.
    const said = [
      ...knownKeyFile(tree.options, former, await tree.judge.certificate(former)),
      ...signersFile(tree.options, place, former).map(({ path, bytes }) => ({ path: tree.at(path), bytes })),
    ];
    for (const { path, bytes } of said) {
      tree.options.disk.makeDirectory(dirname(path));
      tree.options.disk.replace(path, bytes);
    }
    await tree.change(asItStands(snapshot, signKey), signer, null);
    return "signed";
  });
}
