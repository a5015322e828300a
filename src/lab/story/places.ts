/** Where the lab's repositories lie, in the lay-out that clients and mirrors know. */
import { join } from "node:path";
import type { LabComponent } from "../preparation.ts";
import { builderDirectory, type RunningLab } from "../running-lab.ts";
import { labRelease } from "../settings.ts";
import type { Places } from "../summary.ts";

/** A component's repositories in both environments, and the keys that sign them. */
export function placesOf(lab: RunningLab, component: LabComponent): Places {
  const published = (environment: (typeof lab)["fedora"], type: string): string =>
    join(builderDirectory(environment, component), "artifacts/repository-publish", type, labRelease);
  const { set, dist } = lab.fedora.distribution;
  const rpm = (repository: string): string => join(published(lab.fedora, "rpm"), repository, set, dist);
  const suite = lab.debian.distribution.dist;
  return {
    repositories: {
      rpm: { currentTesting: rpm("current-testing"), current: rpm("current"), key: join(lab.root, "keys/rpm.asc") },
      deb: {
        root: join(published(lab.debian, "deb"), lab.debian.distribution.set),
        suites: { currentTesting: `${suite}-testing`, current: suite },
        key: join(lab.root, "keys/deb.asc"),
      },
    },
    logs: lab.logsRepository,
  };
}

/** The directories of which nothing may change unless somebody with a right to it says so: `current`, in both environments. */
export function currentDirectories(lab: RunningLab): readonly string[] {
  return [lab.ready, lab.young].flatMap((component) => {
    const { rpm, deb } = placesOf(lab, component).repositories;
    return [rpm.current, join(deb.root, "dists", deb.suites.current)];
  });
}
