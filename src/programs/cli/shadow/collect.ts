import { join } from "node:path";
import { loadBuilders } from "../../../adapters/configuration/index.ts";
import { NodeDisk } from "../../../adapters/files/index.ts";
import { issuesSince } from "../../../adapters/github/index.ts";
import { openReadingRepositories, type Published } from "../../../adapters/repository/index.ts";
import { openAgentStore } from "../../../adapters/store/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { Deed, SeenIssue, ShadowFacts } from "../../../shadow/index.ts";
import { githubClientOf } from "../../agent/github.ts";
import type { AgentSettings } from "../../agent/settings.ts";
import type { Say } from "../progress.ts";

/** Longer than a command waits behind builds. */
const lookBackMs = 8 * 86_400_000;

/** Reads all that is compared. Throws AdapterError where records cannot be read. */
export async function collectShadow(
  settings: AgentSettings,
  wish: { readonly database: string; readonly since: Date | null; readonly now: Date; readonly say: Say },
): Promise<ShadowFacts> {
  const store = openAgentStore(wish.database, () => []);
  try {
    const born = new Date((await store.ledger.fact("born")) ?? wish.now);
    // What was done before anybody looked on says nothing.
    const since = wish.since === null || wish.since < born ? born : wish.since;
    const isShadow = settings.mode === "shadow";
    // What was done within the time may have been asked for before it.
    const asked = new Date(Math.max(born.getTime(), since.getTime() - lookBackMs));
    return {
      rehearsals: store.rehearsals.since(asked),
      refused: isShadow ? store.rehearsals.refusedSince(asked) : [],
      // Where we do the work ourselves, what was done is known with what was planned.
      deeds: isShadow ? await deedsSince(settings, since) : [],
      issues: isShadow ? await issuesOf(settings, since, wish.say) : new Map(),
      since,
      now: wish.now,
    };
  } finally {
    await store.database.close();
  }
}

async function deedsSince(settings: AgentSettings, since: Date): Promise<readonly Deed[]> {
  const includeRoots = Object.entries(settings["include-roots"]).map(([from, to]) => ({ from, to }));
  const { builders } = await loadBuilders(settings["builders-list"], { includeRoots });
  const deeds = new Map<string, Deed>();
  for (const { release, configuration } of builders) {
    const { artifactsDir: artifacts } = configuration;
    const repositories = openReadingRepositories({
      root: join(artifacts, "repository-publish"),
      artifacts,
      disk: new NodeDisk(),
      clock: () => new Date(),
      keys: { publicKey: noKeys },
      debEngine: "auto",
    });
    // Builders of one release may share their artifacts.
    for (const published of repositories.publishedSince(release, since)) {
      deeds.set([release, ...published.records].join("\n") + published.repository, deedOf(published));
    }
  }
  return [...deeds.values()];
}

/** Records and metadata are read, and no signature is judged. */
async function noKeys(): Promise<never> {
  throw new AdapterError("SIGNER_FAILED", "no key is asked for here");
}

function deedOf(published: Published): Deed {
  return { ...published, kind: published.dist === published.name ? "template" : "component" };
}

/** Our own account's or another's: the predecessor's issues are told by their titles. Null where GitHub cannot be asked. */
async function issuesOf(
  settings: AgentSettings,
  since: Date,
  say: Say,
): Promise<ReadonlyMap<string, SeenIssue> | null> {
  const client = githubClientOf(settings, () => new Date());
  try {
    const issues = await issuesSince(client, settings.github["report-repository"], since);
    // The lowest number of a title comes last, and counts.
    return new Map([...issues].reverse().map(({ number, title, labels }) => [title, { number, labels }]));
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    say(`release-bot shadow: labels are not compared: ${error.message}\n`);
    return null;
  }
}
