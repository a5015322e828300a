import { join } from "node:path";
import { elementsOf, metalinkStates } from "../../../formats/rpm/index.ts";
import type { Disk } from "../../files/index.ts";
import { sha256Of } from "../digests.ts";
import { checked, inflated, listTypes, type RpmSnapshot } from "./rpm-snapshot.ts";

/** Something that is not as it should be; the path is relative to the root. */
export interface Fault {
  readonly path: string;
  readonly what: string;
}

/** A change of comps.xml is taken from nobody but who signs it. */
const remedyForGroups =
  "is not what repomd.xml names, and is not taken over: put it there with modifyrepo_c --mdtype group, and sign repomd.xml";

/** Checks each metadata file against repomd.xml, the lists against each other, the metalink against repomd.xml. */
export function checkRpm(disk: Disk, root: string, snapshot: RpmSnapshot): Fault[] {
  const { place, repomd, repomdBytes, lists } = snapshot;
  const faults: Fault[] = [];
  for (const data of repomd?.data ?? []) {
    const path = `${place.base}/${data.location}`;
    if (disk.stat(join(root, path)) === null) {
      faults.push({ path, what: "is named by repomd.xml, and not there" });
      continue;
    }
    const bytes = checked(disk, join(root, path), data);
    const open = data.openChecksum === null ? null : inflated(bytes, path);
    const isRight =
      open === null || (sha256Of(open) === data.openChecksum && open.length === (data.openSize ?? open.length));
    if (!isRight) faults.push({ path, what: "does not inflate to what repomd.xml says" });
  }
  const comps = `${place.base}/comps.xml`;
  if (repomd !== null && disk.stat(join(root, comps)) !== null) {
    const group = repomd.data.find(({ type }) => type === "group");
    const isSigned = sha256Of(disk.read(join(root, comps))) === (group?.openChecksum ?? group?.checksum);
    if (!isSigned) faults.push({ path: comps, what: remedyForGroups });
  }
  const pkgids = listTypes.map((type) =>
    lists[type].body
      .flatMap((chunk) => elementsOf(chunk).map((element) => element.pkgid))
      .sort()
      .join("\n"),
  );
  for (const [index, type] of listTypes.entries()) {
    const counted = /packages="([0-9]+)"/.exec(lists[type].head.open.toString("utf8"))?.[1];
    const listed = lists[type].body.reduce((sum, chunk) => sum + elementsOf(chunk).length, 0);
    if (counted !== String(listed))
      faults.push({ path: place.base, what: `${type} counts ${counted}, and lists ${listed}` });
    if (pkgids[index] !== pkgids[0])
      faults.push({ path: place.base, what: `${type} lists other packages than primary` });
  }
  const metalink = `${place.base}/repodata/repomd.xml.metalink`;
  if (repomdBytes !== null && disk.stat(join(root, metalink)) !== null) {
    const [current] = metalinkStates(disk.read(join(root, metalink)).toString("utf8"));
    if (current !== undefined && current.sha256 !== sha256Of(repomdBytes)) {
      faults.push({ path: metalink, what: "does not name the repomd.xml that stands" });
    }
  }
  return faults;
}
