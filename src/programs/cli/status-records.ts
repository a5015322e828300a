import { existsSync } from "node:fs";
import { join } from "node:path";
import { type LoadedBuilder, loadBuilders } from "../../adapters/configuration/index.ts";
import { issueCloser, type ListedIssue } from "../../adapters/github/index.ts";
import { type AgentStore, openAgentStore } from "../../adapters/store/index.ts";
import {
  AdapterError,
  parseCommitSha,
  parseComponentName,
  parseDistributionName,
  parseRelease,
} from "../../domain/index.ts";
import type { StatusData, StatusPlace, StatusUpdate } from "../../status/index.ts";
import { githubClientOf } from "../agent/github.ts";
import type { AgentSettings } from "../agent/settings.ts";
import type { Say } from "./progress.ts";
import { standingVersions } from "./standing-facts.ts";
import { type Draft, draftUpdates } from "./status-drafts.ts";
import { type Promoters, promotersOf } from "./status-promoters.ts";

/** So many builds, images and commands are looked back at. */
const furthest = 50_000;

/** What this build qube's records say of every version, and GitHub of `buggy` and votes; says where it cannot be asked. Throws AdapterError. */
export async function collectStatus(settings: AgentSettings, now: Date, say: Say): Promise<StatusData> {
  const records = join(settings["state-dir"], "agent.db");
  if (!existsSync(records)) {
    throw new AdapterError(
      "CONFIGURATION",
      `${records} is not there: no agent has run here yet, or it runs as another user`,
    );
  }
  const includeRoots = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  const [{ builders }, standing, issues] = await Promise.all([
    loadBuilders(settings["builders-list"], { includeRoots }),
    standingVersions(settings, () => now),
    openIssues(settings, say),
  ]);
  const store = openAgentStore(records, () => []);
  try {
    // A shadow has built nothing: its records are of what it would have.
    const furthestHere = settings.mode === "shadow" ? 0 : furthest;
    const [builds, images] = await Promise.all([store.builds.list(furthestHere), store.images.list(furthestHere)]);
    const drafts = draftUpdates({ environment: settings.qube, builds, images, standing });
    const promoters = promotersOf(store.desk.show(furthest));
    return {
      format: "release-bot-status-2",
      generatedAt: now.toISOString(),
      environments: [settings.qube],
      reportRepository: settings.github["report-repository"],
      logsRepository: settings.github["logs-repository"],
      logsBranch: settings.github["logs-branch"],
      updates: drafts.map((draft) =>
        finished(draft, { minAgeDays: minAgeOf(builders, draft), issues, promoters, store }),
      ),
    };
  } finally {
    await store.database.close();
  }
}

/** GitHub's half is worth having, and no reason to publish nothing. */
async function openIssues(settings: AgentSettings, say: Say): Promise<readonly ListedIssue[]> {
  const { reporters, "report-repository": repository } = settings.github;
  try {
    return await issueCloser({ client: githubClientOf(settings, () => new Date()), repository, reporters }).open();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    say(`release-bot status: without issue numbers, labels and votes: ${error.message}\n`);
    return [];
  }
}

function finished(
  { places, ...draft }: Draft,
  known: {
    readonly minAgeDays: number;
    readonly issues: readonly ListedIssue[];
    readonly promoters: Promoters;
    readonly store: AgentStore;
  },
): StatusUpdate {
  const titles = titlesOf(draft);
  const issue = known.issues.find(({ title }) => titles.includes(title));
  return {
    ...draft,
    issue: issue?.number ?? null,
    buggy: issue?.labels.includes("buggy") ?? false,
    votes: issue?.votes ?? null,
    minAgeDays: known.minAgeDays,
    places: [...places.values()].map((place) => ({
      ...place,
      heldBy: holder(draft, place, known.store),
      promotedBy: known.promoters(draft, place),
    })),
  };
}

/** The builders of a release may ask for different ages: those that have it count, and of several the longest. */
function minAgeOf(builders: readonly LoadedBuilder[], { release, name }: Omit<Draft, "places">): number {
  const ofRelease = builders.filter((builder) => builder.release === release);
  const own = ofRelease.filter(({ configuration: { components, templates } }) =>
    [...components, ...templates].some((configured) => configured.name === name),
  );
  const ages = (own.length > 0 ? own : ofRelease).map(({ configuration }) => configuration.minAgeDays);
  return ages.length === 0 ? 5 : Math.max(...ages);
}

/** What its status issue may be called. Of what another program has built, the package's version is all that is known. */
function titlesOf({ kind, name, version, release }: Omit<Draft, "places">): readonly string[] {
  const prefix = kind === "template" ? "qubes-template-" : "";
  const tag = kind === "component" && /^[0-9]/.test(version) ? [`v${version.replace(/-[^-]*$/, "")}`] : [];
  return [version, ...tag].map((called) => `${prefix}${name} ${called} (${release})`);
}

function holder(draft: Omit<Draft, "places">, place: StatusPlace, { ledger }: AgentStore): string | null {
  const release = parseRelease(draft.release);
  const component = parseComponentName(draft.name);
  const distribution = parseDistributionName(place.distribution);
  const commit = parseCommitSha(draft.commit ?? "");
  if (release === null || component === null || distribution === null || commit === null) return null;
  return ledger.view.holder({ release, component, commit, distribution });
}
