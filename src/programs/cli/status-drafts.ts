import type { StandingVersion } from "../../adapters/repository/index.ts";
import type { BuildRecord, ImageRecord } from "../../build/index.ts";
import { compareVersions } from "../../domain/index.ts";
import type { StatusPlace, StatusUpdate } from "../../status/index.ts";

/** A version as the records have it so far. */
export interface Draft {
  readonly release: string;
  readonly kind: StatusUpdate["kind"];
  readonly name: string;
  readonly commit: string | null;
  readonly version: string;
  /** Where openQA's results of an ISO stand. */
  readonly tests: string | null;
  readonly places: Map<string, StatusPlace>;
}

const nowhere = {
  repository: null,
  since: null,
  builtAt: null,
  failedAt: null,
  packageVersion: null,
  log: null,
  reason: "",
  heldBy: null,
  promotedBy: null,
} as const;

/** What one build qube's records say of every version: its builds, its images, and what stands in its repositories. */
export function draftUpdates(records: {
  readonly environment: string;
  /** Each newest first: an earlier build of the same version says nothing new. */
  readonly builds: readonly BuildRecord[];
  readonly images: readonly ImageRecord[];
  readonly standing: readonly StandingVersion[];
}): readonly Draft[] {
  const { environment, builds, images, standing } = records;
  const drafts = new Map<string, Draft>();
  for (const build of builds) addBuild(drafts, build, environment);
  for (const image of images) addImage(drafts, image, environment);
  for (const version of standing) addStanding(drafts, version, environment);
  return withoutHistory([...drafts.values()]);
}

/** So many versions of a component that stand nowhere (any more) are told of: the newest. */
const mostPast = 20;

/** What stands somewhere, and the newest of what does not: builds are recorded for ever, and a page of them has no end. */
function withoutHistory(drafts: readonly Draft[]): readonly Draft[] {
  const past = new Map<string, number>();
  return [...drafts]
    .sort((one, other) => compareVersions(other.version, one.version))
    .filter(({ kind, release, name, places }) => {
      if ([...places.values()].some(({ repository }) => repository !== null)) return true;
      const key = `${kind}\n${release}\n${name}`;
      const count = (past.get(key) ?? 0) + 1;
      past.set(key, count);
      return count <= mostPast;
    });
}

function draftOf(drafts: Map<string, Draft>, key: readonly string[], fresh: Omit<Draft, "places">): Draft {
  const name = key.join("\n");
  const draft = drafts.get(name) ?? { ...fresh, places: new Map<string, StatusPlace>() };
  drafts.set(name, draft);
  return draft;
}

function addBuild(drafts: Map<string, Draft>, build: BuildRecord, environment: string): void {
  const { release, component: name, commit, version } = build;
  if (commit === null || version === null) return;
  const draft = draftOf(drafts, ["component", release, name, commit], {
    release,
    kind: "component",
    name,
    commit,
    version,
    tests: null,
  });
  for (const one of build.distributions) {
    if (draft.places.has(one.distribution) || one.state === "waiting" || one.state === "skipped") continue;
    draft.places.set(one.distribution, {
      ...nowhere,
      distribution: one.distribution,
      environment,
      state: one.state === "uploaded" ? "other" : one.state,
      builtAt: builtAt(one.stages),
      failedAt: one.state === "failed" ? (one.stages.at(-1)?.endedAt ?? build.endedAt) : null,
      log: one.log,
      reason: one.reason.slice(0, 2000),
    });
  }
}

/** A template stands where its repository says; an ISO is in no package repository, so its own record counts. */
function addImage(drafts: Map<string, Draft>, image: ImageRecord, environment: string): void {
  const { subject, state, repository, log, endedAt, tests } = image;
  const { release, version, kind } = subject;
  const name = kind === "template" ? subject.template : "iso";
  const draft = draftOf(drafts, [kind, release, name, version], { release, kind, name, commit: null, version, tests });
  if (draft.places.has("all")) return;
  const stands = state === "done" && kind === "iso";
  const states = { running: "building", failed: "failed", done: "other" } as const;
  draft.places.set("all", {
    ...nowhere,
    distribution: "all",
    environment,
    state: stands ? (repository === "iso" ? "current" : "testing") : states[state],
    repository: stands ? repository : null,
    since: stands ? endedAt : null,
    builtAt: builtAt(image.stages),
    failedAt: state === "failed" ? endedAt : null,
    log,
    reason: image.reason.slice(0, 2000),
  });
}

function builtAt(stages: BuildRecord["distributions"][number]["stages"]): string | null {
  return stages.find(({ stage, error }) => stage === "build" && error === null)?.endedAt ?? null;
}

/** What stands counts, whatever became of a later build of the same commit. */
function addStanding(drafts: Map<string, Draft>, standing: StandingVersion, environment: string): void {
  const { release, name, dist, commit, repository, since, version } = standing;
  const kind = repository.startsWith("templates-") ? "template" : "component";
  const id = kind === "template" ? version : (commit ?? version);
  const draft = draftOf(drafts, [kind, release, name, id], { release, kind, name, commit, version, tests: null });
  const distribution = kind === "template" ? "all" : dist;
  const known = draft.places.get(distribution);
  const inCurrent = repository === "current" || repository === "templates-itl" || repository === "templates-community";
  if (known?.state === "current" && !inCurrent) return;
  draft.places.set(distribution, {
    ...(known ?? nowhere),
    distribution,
    environment,
    state: inCurrent ? "current" : repository === "unstable" ? "other" : "testing",
    repository,
    since: since?.toISOString() ?? null,
    failedAt: null,
    packageVersion: version,
    reason: "",
  });
}
