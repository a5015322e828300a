import { join } from "node:path";
import { loadBuilders } from "../../adapters/configuration/index.ts";
import { issueCloser } from "../../adapters/github/index.ts";
import type { StandingVersion } from "../../adapters/repository/index.ts";
import { type AgentStore, openAgentStore } from "../../adapters/store/index.ts";
import type { BuildRecord } from "../../build/index.ts";
import {
  AdapterError,
  parseCommitSha,
  parseComponentName,
  parseDistributionName,
  parseRelease,
} from "../../domain/index.ts";
import type { OpenIssue } from "../../report/index.ts";
import type { StatusData, StatusPlace, StatusUpdate } from "../../status/index.ts";
import { githubClientOf } from "../agent/github.ts";
import type { AgentSettings } from "../agent/settings.ts";
import { standingVersions } from "./standing-facts.ts";

/** So many builds are looked back at. */
const mostBuilds = 50_000;

/** What this build qube's records say of every version, and GitHub of `buggy`. Throws AdapterError. */
export async function collectStatus(settings: AgentSettings, now: Date): Promise<StatusData> {
  const includeRoots = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  const [{ builders }, standing, issues] = await Promise.all([
    loadBuilders(settings["builders-list"], { includeRoots }),
    standingVersions(settings, () => now),
    openIssues(settings),
  ]);
  const minAges = new Map(
    builders.map(({ configuration }) => [configuration.release as string, configuration.minAgeDays]),
  );
  const store = openAgentStore(join(settings["state-dir"], "agent.db"), () => []);
  try {
    const builds = await store.builds.list(mostBuilds);
    const updates = new Map<string, Draft>();
    for (const build of builds) addBuild(updates, build, settings.qube);
    for (const version of standing) addStanding(updates, version, settings.qube);
    return {
      format: "release-bot-status-1",
      generatedAt: now.toISOString(),
      environments: [settings.qube],
      reportRepository: settings.github["report-repository"],
      logsRepository: settings.github["logs-repository"],
      logsBranch: settings.github["logs-branch"],
      updates: [...updates.values()].map((draft) => finished(draft, minAges, issues, store)),
    };
  } finally {
    await store.database.close();
  }
}

/** GitHub's half is worth having, and no reason to publish nothing. */
async function openIssues(settings: AgentSettings): Promise<readonly OpenIssue[]> {
  const { reporters, "report-repository": repository } = settings.github;
  try {
    return await issueCloser({ client: githubClientOf(settings, () => new Date()), repository, reporters }).open();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot status: without issue numbers and labels: ${error.message}\n`);
    return [];
  }
}

interface Draft {
  readonly release: string;
  readonly kind: StatusUpdate["kind"];
  readonly name: string;
  readonly commit: string | null;
  readonly version: string;
  readonly places: Map<string, StatusPlace>;
}

const nowhere = { repository: null, since: null, packageVersion: null, log: null, reason: "", heldBy: null } as const;

/** Newest first: an earlier build of the same commit says nothing new. */
function addBuild(updates: Map<string, Draft>, build: BuildRecord, environment: string): void {
  if (build.commit === null || build.version === null) return;
  const key = `${build.release}\n${build.component}\n${build.commit}`;
  const { release, component: name, commit, version } = build;
  const draft = updates.get(key) ?? { release, kind: "component", name, commit, version, places: new Map() };
  updates.set(key, draft);
  for (const one of build.distributions) {
    if (draft.places.has(one.distribution) || one.state === "waiting" || one.state === "skipped") continue;
    draft.places.set(one.distribution, {
      ...nowhere,
      distribution: one.distribution,
      environment,
      state: one.state === "uploaded" ? "other" : one.state,
      builtAt: one.stages.find(({ stage, error }) => stage === "build" && error === null)?.endedAt ?? null,
      log: one.log,
      reason: one.reason.slice(0, 2000),
    });
  }
}

/** What stands counts, whatever became of a later build of the same commit. */
function addStanding(updates: Map<string, Draft>, version: StandingVersion, environment: string): void {
  const { release, name, dist, commit, repository, since } = version;
  const isTemplate = repository.startsWith("templates-");
  const key = isTemplate
    ? `${release}\n${name}\n${version.version}`
    : `${release}\n${name}\n${commit ?? version.version}`;
  const kind = isTemplate ? "template" : "component";
  const draft = updates.get(key) ?? { release, kind, name, commit, version: version.version, places: new Map() };
  updates.set(key, draft);
  const distribution = isTemplate ? "all" : dist;
  const known = draft.places.get(distribution);
  const inCurrent = repository === "current" || repository === "templates-itl" || repository === "templates-community";
  if (known?.state === "current" && !inCurrent) return;
  draft.places.set(distribution, {
    ...(known ?? { ...nowhere, builtAt: null }),
    distribution,
    environment,
    state: inCurrent ? "current" : repository === "unstable" ? "other" : "testing",
    repository,
    since: since?.toISOString() ?? null,
    packageVersion: version.version,
    reason: "",
  });
}

function finished(
  { places, ...draft }: Draft,
  minAges: ReadonlyMap<string, number>,
  issues: readonly OpenIssue[],
  store: AgentStore,
): StatusUpdate {
  const prefix = draft.kind === "template" ? "qubes-template-" : "";
  const issue = issues.find(({ title }) => title === `${prefix}${draft.name} ${draft.version} (${draft.release})`);
  return {
    ...draft,
    issue: issue?.number ?? null,
    buggy: issue?.labels.includes("buggy") ?? false,
    minAgeDays: minAges.get(draft.release) ?? 5,
    places: [...places.values()].map((place) => ({ ...place, heldBy: holder(draft, place, store) })),
  };
}

function holder(draft: Omit<Draft, "places">, place: StatusPlace, { ledger }: AgentStore): string | null {
  const release = parseRelease(draft.release);
  const component = parseComponentName(draft.name);
  const distribution = parseDistributionName(place.distribution);
  const commit = parseCommitSha(draft.commit ?? "");
  if (release === null || component === null || distribution === null || commit === null) return null;
  return ledger.view.holder({ release, component, commit, distribution });
}
