import { join } from "node:path";
import { loadBuilders } from "../../adapters/configuration/index.ts";
import { NodeDisk } from "../../adapters/files/index.ts";
import { openRepositories, type StandingVersion } from "../../adapters/repository/index.ts";
import { AdapterError, distributionLabel, parseDistribution } from "../../domain/index.ts";
import type { StandingFact } from "../../report/index.ts";
import type { AgentSettings } from "../agent/settings.ts";

/** Everything that stands in the repositories of this build qube's builders, by their metadata and records. */
export async function standingVersions(settings: AgentSettings, now: () => Date): Promise<readonly StandingVersion[]> {
  const includeRoots = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  const { builders } = await loadBuilders(settings["builders-list"], { includeRoots });
  const artifacts = [...new Set(builders.map(({ configuration }) => configuration.artifactsDir))];
  const standing = await Promise.all(
    artifacts.map((directory) =>
      openRepositories({
        root: join(directory, "repository-publish"),
        artifacts: directory,
        disk: new NodeDisk(),
        clock: now,
        keys: { publicKey: () => Promise.reject(new AdapterError("SIGNER_FAILED", "nothing is verified here")) },
        debEngine: "auto",
      }).standing({ release: null, component: null, distribution: null }),
    ),
  );
  return standing.flat();
}

/** The same as the clean-up judges by. */
export async function standingFacts(settings: AgentSettings, now: () => Date): Promise<readonly StandingFact[]> {
  return (await standingVersions(settings, now)).map(({ release, name, version, dist, repository }) => {
    const distribution = parseDistribution(dist);
    return {
      release,
      name,
      version,
      place: distribution === null ? "" : distributionLabel(distribution),
      where: repository.endsWith("-testing") || repository === "unstable" ? "testing" : "stable",
    };
  });
}
