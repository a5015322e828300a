import type { Fingerprint } from "../../domain/index.ts";
import type { Snapshot } from "./engine.ts";
import type { RepositoryChange } from "./tree.ts";

/** The change that signs a repository's metadata as it stands, by that key: no package comes or goes, no record is written. */
export function asItStands(snapshot: Snapshot, signKey: Fingerprint): RepositoryChange {
  return {
    snapshot,
    change: { add: [], from: null, remove: [] },
    signKey,
    former: "offered",
    links: [],
    replaced: [],
    gone: [],
    records: [],
  };
}
