/**
 * `release-bot promote --local --ignore-min-age REASON`: an urgent fix, ordered by hand in the build qube. It becomes a job of
 * the agent's; holds, labels, signatures and what stands in testing count as for any other promotion.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseCommandLine } from "../../../commands/index.ts";
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import type { StandingVersion } from "../../adapters/repository/index.ts";
import { type AgentStore, type JobEntry, openAgentStore } from "../../adapters/store/index.ts";
import { authorizeOperator, orderScopes } from "../../authority/index.ts";
import {
  AdapterError,
  type ByHand,
  type CommitSha,
  compareVersions,
  type Release,
  type TraceId,
} from "../../domain/index.ts";
import { traceOf } from "../../signed/index.ts";
import type { OperatorPromotion } from "../../work/index.ts";
import { buildersSource, lineOf, queueOf } from "../agent/builders.ts";
import { type AgentSettings, agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { programLog } from "../logging.ts";
import { agreed } from "./agreed.ts";
import { standingVersions } from "./standing-facts.ts";

/** What is ordered. */
export interface LocalOrder {
  readonly release: Release;
  /** Components, or templates where `to` is theirs. */
  readonly names: readonly string[];
  readonly to: "current" | "templates-itl" | "templates-community";
  /** Null: every one where the version stands in testing. */
  readonly distributions: readonly string[] | null;
  /** Null: the one that stands in testing. */
  readonly commit: CommitSha | null;
  /** Null: `LOGIN@QUBE`. */
  readonly operator: string | null;
  readonly login: string;
  readonly reason: string;
  readonly config: string | undefined;
  readonly ask: "ask" | "agreed" | "rehearse";
  readonly form: "text" | "json";
  readonly waitMs: number;
}

interface Queued {
  readonly builder: LoadedBuilder;
  readonly work: OperatorPromotion;
  readonly trace: TraceId;
}

/** What an operator may write for a name or a reason: one line, no control characters. */
export function isOneLine(text: string): boolean {
  return /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,300}$/u.test(text) && text.trim() !== "";
}

/** Shows, asks, orders and follows. Answers the exit status. Throws AdapterError. */
export async function promoteLocally(order: LocalOrder, environment: NodeJS.ProcessEnv): Promise<number> {
  const settings = agentSettings(readConfiguration(order.config, environment), environment);
  const now = new Date();
  const byHand = { operator: order.operator ?? `${order.login}@${settings.qube}`, reason: order.reason };
  const queued = await planOrder(settings, order, byHand, now);
  for (const { builder, work } of queued) {
    if (order.form === "text") process.stdout.write(`${work.line}\n  by ${builder.directory}\n`);
  }
  if (order.form === "text") {
    process.stdout.write(
      `Ordered by ${byHand.operator}: ${byHand.reason}\nOnly the age is set aside; holds, 'buggy' and signatures still count. The status issue will say who and why.\n`,
    );
  }
  if (order.ask === "rehearse") {
    if (order.form === "json")
      process.stdout.write(`${JSON.stringify({ lines: queued.map(({ work }) => work.line) })}\n`);
    return 0;
  }
  if (order.ask === "ask" && !(await agreed("Promote now, before the time is over?"))) return 1;
  const { outboxEntries } = await import("../agent/outbox-entries.ts");
  const store = openAgentStore(join(settings["state-dir"], "agent.db"), outboxEntries(settings));
  try {
    await store.jobs.add(
      queued.map(({ builder, work, trace }) => ({
        queue: queueOf(builder),
        request: { kind: "operator" as const, builder: lineOf(builder), work },
        answers: "nobody" as const,
        trace,
      })),
      now,
    );
    return await follow(store, queued, order);
  } finally {
    await store.database.close();
  }
}

async function planOrder(
  settings: AgentSettings,
  order: LocalOrder,
  byHand: ByHand,
  now: Date,
): Promise<readonly Queued[]> {
  const builders = (await buildersSource(settings, programLog("promote"))()).loaded.filter(
    ({ release }) => release === order.release,
  );
  const testing = order.to === "current" ? ["current-testing", "security-testing"] : [`${order.to}-testing`];
  const standing = (await standingVersions(settings, () => now)).filter(
    ({ release, repository }) => release === order.release && testing.includes(repository),
  );
  return order.names.flatMap((named) => {
    const name = order.to === "current" ? named : named.replace(/^qubes-template-/, "");
    const versions = newestOf(standing.filter((version) => version.name === name));
    const lineFor = order.to === "current" ? componentLine(order, name, versions) : templateLine(order, name, versions);
    const found = builders.flatMap((builder) => orderFor(builder, lineFor(builder), byHand, now));
    if (found.length === 0)
      throw new AdapterError("NOT_FOUND", `no builder of ${order.release} has ${name} in testing`);
    return found;
  });
}

/** What a builder is to be told; null where it has nothing of it. Throws AdapterError where nobody has. */
type LineFor = (builder: LoadedBuilder) => string | null;

function componentLine(order: LocalOrder, name: string, versions: readonly StandingVersion[]): LineFor {
  const here = versions.filter(({ dist }) => order.distributions === null || order.distributions.includes(dist));
  const missing = order.distributions?.find((wanted) => !here.some(({ dist }) => dist === wanted));
  if (missing !== undefined) throw new AdapterError("NOT_FOUND", `${name} is not in testing for ${missing}`);
  const commit = order.commit ?? theCommit(name, here);
  const there = here.filter((version) => version.commit === commit).map(({ dist }) => dist);
  return ({ configuration }) => {
    const own = configuration.distributions.map((distribution) => distribution.name as string);
    const dists = there.filter((dist) => own.includes(dist)).sort();
    return dists.length === 0 ? null : `Upload-component ${order.release} ${name} ${commit} current ${dists.join(",")}`;
  };
}

function templateLine({ release, to }: LocalOrder, name: string, [newest]: readonly StandingVersion[]): LineFor {
  if (newest === undefined) throw new AdapterError("NOT_FOUND", `${name} is not in ${to}-testing`);
  const line = `Upload-template ${release} ${name} ${newest.version} ${to}`;
  return ({ configuration }) => (configuration.templates.some((template) => template.name === name) ? line : null);
}

/** Testing repositories may keep older versions: the one that was published last counts, in one minute the higher. */
function newestOf(versions: readonly StandingVersion[]): readonly StandingVersion[] {
  const time = ({ since }: StandingVersion): number => since?.getTime() ?? 0;
  const inOrder = [...versions].sort((a, b) => time(a) - time(b) || compareVersions(a.version, b.version));
  return [...new Map(inOrder.map((version) => [version.dist, version])).values()];
}

function theCommit(name: string, here: readonly StandingVersion[]): CommitSha {
  const commits = [...new Set(here.map(({ commit }) => commit))];
  const [commit] = commits;
  if (commits.length > 1) {
    const seen = here.map(({ dist, commit: one }) => `${dist} ${one ?? "not recorded"}`).join(", ");
    throw new AdapterError("CONFIGURATION", `${name} is not the same everywhere; choose by --commit: ${seen}`);
  }
  if (commit === undefined || commit === null)
    throw new AdapterError("NOT_FOUND", `${name} is not in testing, or no record says of which commit it is`);
  return commit;
}

function orderFor(builder: LoadedBuilder, line: string | null, byHand: ByHand, now: Date): readonly Queued[] {
  if (line === null) return [];
  const command = parseCommandLine(line);
  if (!command.ok || (command.value.kind !== "upload-component" && command.value.kind !== "upload-template")) {
    throw new AdapterError("CONFIGURATION", `${line.slice(0, 200)} is no valid command`);
  }
  const trace = traceOf([line, byHand.operator, byHand.reason, now.toISOString()].join("\n"));
  const authorized = authorizeOperator({ command: command.value, line, builder: builder.configuration, trace });
  if (!authorized.ok) return [];
  const work = {
    kind: "promotion",
    line,
    command: command.value,
    scopes: orderScopes(authorized.value),
    orderedAt: now.getTime(),
    byHand,
  } as const;
  return [{ builder, work, trace }];
}

const lookAgainMs = 300;
const impatientMs = 5_000;

/** Tells each job's way until all have ended, or the time is over: 3 then, since the agent still does it once it runs. */
async function follow(store: AgentStore, queued: readonly Queued[], order: LocalOrder): Promise<number> {
  const begun = performance.now();
  const told = new Map<number, string>();
  let warned = false;
  for (;;) {
    const traces = new Set(queued.map(({ trace }) => trace));
    const jobs = store.desk.show(200).filter(({ trace }) => trace !== null && traces.has(trace));
    for (const job of jobs) {
      const words = wordsOf(job);
      if (told.get(job.id) === words) continue;
      told.set(job.id, words);
      const text = order.form === "json" ? JSON.stringify(answerOf(job)) : `job ${job.id} (id ${job.trace}): ${words}`;
      (job.state === "queued" || job.state === "running" ? process.stderr : process.stdout).write(`${text}\n`);
    }
    if (jobs.every(({ state }) => state !== "queued" && state !== "running"))
      return jobs.every(({ state }) => state === "done") ? 0 : 1;
    const waited = performance.now() - begun;
    if (waited > order.waitMs) {
      process.stderr.write("not over yet: the agent goes on with it by itself; 'release-bot queue' shows it\n");
      return 3;
    }
    if (!warned && waited > impatientMs && jobs.every(({ state }) => state === "queued")) {
      warned = true;
      process.stderr.write("it waits: the agent is at other work, or does not run and takes it up when it starts\n");
    }
    await sleep(lookAgainMs);
  }
}

function answerOf({ id, trace, state, note }: JobEntry) {
  return { job: id, id: trace, outcome: state, text: note };
}

function wordsOf({ state, note }: JobEntry): string {
  return note === "" ? state : `${state}: ${note}`;
}
