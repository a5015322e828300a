/** The status issues' labels beside what stands: where the agent's configuration says how GitHub is asked. */
import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadBuilders } from "../../../adapters/configuration/index.ts";
import { issueCloser, issueLabels } from "../../../adapters/github/index.ts";
import type { Difference, Repositories } from "../../../adapters/repository/index.ts";
import { AdapterError, distributionLabel, parseDistribution } from "../../../domain/index.ts";
import { compareLabels, type PlacedVersion } from "../../../report/index.ts";
import { githubClientOf } from "../../agent/github.ts";
import { agentSettings } from "../../agent/settings.ts";
import { configurationPath, readConfiguration } from "../../configuration.ts";

/** The differences, or why labels could not be compared. */
export type LabelsCompared = { readonly differences: readonly Difference[] } | { readonly not: string };

/** Compares, and with `repair` puts on and takes off. Throws AdapterError for a configuration that is there and wrong. */
export async function reconcileLabels(
  repositories: Repositories,
  {
    root,
    option,
    mode,
  }: { readonly root: string; readonly option: string | undefined; readonly mode: "look" | "repair" },
): Promise<LabelsCompared> {
  const isThere = option !== undefined || existsSync(configurationPath(option, process.env));
  const file = isThere ? readConfiguration(option, process.env) : null;
  if (file === null || !file.has("agent")) return { not: "no configuration of an agent (--config FILE)" };
  const settings = agentSettings(file, process.env);
  const { reporters, "report-repository": repository } = settings.github;
  const client = githubClientOf(settings, () => new Date());
  const standing = await repositories.standing({ release: null, component: null, distribution: null });
  const placed = standing.map((one): PlacedVersion => {
    const distribution = parseDistribution(one.dist);
    return { ...one, place: distribution === null ? "" : distributionLabel(distribution) };
  });
  const labels = issueLabels({ client, repository });
  const differences: Difference[] = [];
  for (const { issue, title, change } of compareLabels(
    await issueCloser({ client, repository, reporters }).open(),
    placed,
    await publishedElsewhere(settings["builders-list"], root),
  )) {
    const words = [
      ...(change.add.length === 0 ? [] : [`lacks ${change.add.join(", ")}`]),
      ...(change.remove.length === 0 ? [] : [`bears ${change.remove.join(", ")}, which does not stand`]),
    ];
    const failed = mode === "look" ? null : await tryChange(() => labels.change(issue, change));
    const what = [...words, ...(failed === null ? [] : [failed])].join("; ");
    differences.push({
      kind: "labels",
      where: `#${issue} ${title}`,
      what,
      mended: mode === "repair" && failed === null,
    });
  }
  return { differences };
}

/** What builders with another root publish, and none with this one: of that the repositories here say nothing. */
async function publishedElsewhere(buildersList: string, root: string): Promise<ReadonlySet<string>> {
  const { builders } = await loadBuilders(buildersList, { includeRoots: [] });
  const real = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));
  const isOwn = ({ configuration }: (typeof builders)[number]): boolean =>
    real(join(configuration.artifactsDir, "repository-publish")) === real(root);
  const namesOf = (some: typeof builders): string[] =>
    some.flatMap(({ configuration: { release, components, templates } }) =>
      [...components, ...templates].map(({ name }) => `${release} ${name}`),
    );
  const own = builders.filter(isOwn);
  // A root that is no builder's is judged by all that there is.
  if (own.length === 0) return new Set();
  const here = new Set(namesOf(own));
  return new Set(namesOf(builders.filter((builder) => !isOwn(builder))).filter((name) => !here.has(name)));
}

/** One issue that cannot be mended does not keep the others from it. */
async function tryChange(change: () => Promise<void>): Promise<string | null> {
  try {
    await change();
    return null;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return error.message;
  }
}
