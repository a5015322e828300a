/** What would have been done, held against what was done. Pure: everything is told, nothing is looked up. */
import type { Comparison, Outcome } from "./comparison.ts";
import { DeedIndex } from "./deed-index.ts";
import { differencesOf } from "./differences.ts";
import { buildState, labelFaults } from "./expected-labels.ts";
import type { Deed, RefusedLine, Rehearsal, RehearsedPlace, SeenIssue } from "./rehearsal.ts";

/** Everything that is compared. */
export interface ShadowFacts {
  readonly rehearsals: readonly Rehearsal[];
  readonly refused: readonly RefusedLine[];
  readonly deeds: readonly Deed[];
  /** Our status issues by title; null where GitHub could not be asked: then nothing is said of labels. */
  readonly issues: ReadonlyMap<string, SeenIssue> | null;
  /** Deeds and what is compared are of this time on; what explains a deed may be older. */
  readonly since: Date;
  readonly now: Date;
}

const hour = 3_600_000;
/** A builder may be at a build of many hours before it gets to a command or a push. */
const patience = { promote: 24 * hour, withdraw: 24 * hour, build: 48 * hour } as const;
/** How late something may be noticed here: by the poll for comments, by the daily look for tags. */
const noticed = { gated: hour, open: 25 * hour } as const;

/** Compares; one line for each distribution of each thing. */
export function compareShadow(facts: ShadowFacts): readonly Comparison[] {
  const deeds = new DeedIndex(facts.deeds);
  const planned = facts.rehearsals.flatMap((rehearsal) =>
    rehearsal.places.map((place) => comparePlace(facts, deeds, rehearsal, place)),
  );
  const refused = facts.refused.flatMap((line) => compareRefused(deeds, line));
  const asked = [...planned, ...refused].filter(({ at }) => Date.parse(at) >= facts.since.getTime());
  return [...asked, ...deeds.unexplained().flatMap((deed) => compareUnasked(facts, deed))];
}

function comparePlace(facts: ShadowFacts, deeds: DeedIndex, rehearsal: Rehearsal, place: RehearsedPlace): Comparison {
  const { action, release, name, version, repository, title, decidedAt } = rehearsal;
  const found = deeds.of(rehearsal, place);
  const issue = title === null ? undefined : facts.issues?.get(title);
  const ours = oursOf(rehearsal, place);
  const where = [
    ...(rehearsal.asked.kind === "command" ? [`command ${rehearsal.asked.trace}: ${rehearsal.asked.line}`] : []),
    ...(place.plan === null ? [] : [`plan ${place.plan.slice(0, 12)}`]),
    ...(issue === undefined ? [] : [`issue #${issue.number}`]),
    ...(found?.records ?? []),
  ];
  const line = { action, release, name, version, dist: place.dist, repository, at: decidedAt, ours, where };
  const said = (outcome: Outcome, theirs: string, why: readonly string[] = []): Comparison => ({
    ...line,
    outcome,
    theirs,
    why,
  });
  const done = found === null ? "" : `published ${found.version} to ${repository} at ${minute(found.at)}`;
  switch (place.verdict) {
    case "would":
    case "stands": {
      if (place.moved !== null) {
        const why = differencesOf(place.files, place.moved, repository);
        return said(why.length === 0 ? "same" : "done differently", `${counted(place.moved.length)} moved`, why);
      }
      if (found === null)
        return place.verdict === "stands" ? said("same", "") : undone(facts, deeds, rehearsal, place, said);
      const why = [
        ...unlisted(deeds, found),
        ...(action === "promote" && found.standing.length > 0
          ? differencesOf(place.files, found.standing, repository)
          : []),
        ...labelsOf(facts, rehearsal, place, issue),
      ];
      return said(why.length === 0 ? "same" : "done differently", done, why);
    }
    case "refused":
      if (found === null) return said("same", "did not do it either");
      return said("would have refused", done, [place.reason]);
    case "skipped":
      if (found === null || action !== "build") return said("same", done);
      return said("would have refused", done, [place.reason]);
  }
}

/** Published by its record, and not there: an interrupted publication looks so, and only its next run mends it. */
function unlisted(deeds: DeedIndex, deed: Deed): readonly string[] {
  if (deed.recorded === 0 || deed.standing.length > 0 || deeds.isOvertaken(deed)) return [];
  return [
    `its record says that it is in ${deed.repository}, and the repository lists none of its ${deed.recorded} files`,
  ];
}

/** We would have, and no record says that it was done. */
function undone(
  { now, issues }: ShadowFacts,
  deeds: DeedIndex,
  { action, title, release, name, decidedAt, repository }: Rehearsal,
  { dist }: RehearsedPlace,
  said: (outcome: Outcome, theirs: string, why?: readonly string[]) => Comparison,
): Comparison {
  const issue = title === null ? undefined : issues?.get(title);
  if (action === "build" && deeds.isOvertaken({ release, name, dist, repository, at: new Date(decidedAt) })) {
    return said("same", "built a later commit, which has it");
  }
  if (action === "build" && issue !== undefined) {
    const state = buildState(issue, { release, dist });
    if (state === "failed") return said("same", "tried, and it failed to build");
    if (state === "reached") return said("same", `built it, as #${issue.number} says`);
  }
  if (now.getTime() - Date.parse(decidedAt) < patience[action]) return said("too early", "has not done it yet");
  return said("not done", "did not do it", [`no record says that it is in ${repository}`]);
}

function labelsOf(
  { issues }: ShadowFacts,
  { release, repository, title, mode }: Rehearsal,
  { dist }: RehearsedPlace,
  issue: SeenIssue | undefined,
): readonly string[] {
  if (issues === null || title === null || mode === "beside") return [];
  if (issue === undefined) return [`there is no status issue '${title}'`];
  return labelFaults(issue, { release, dist, repository });
}

/** Refused before it came to a plan. Where it was not done either, a command counts as agreement; what nobody signed counts not at all. */
function compareRefused(deeds: DeedIndex, line: RefusedLine): readonly Comparison[] {
  const { refusal, trace, untrustedText, at, signer } = line;
  const found = deeds.named(untrustedText, at);
  const ours = `would have refused it: ${refusal.code}`;
  const where = [`command ${trace}`];
  const what = { action: "command", at, ours } as const;
  if (found.length === 0) {
    if (signer === null) return [];
    const nothing = { release: null, name: "", version: "", dist: "", repository: null, why: [] };
    const theirs = "did not do it either";
    return [{ ...what, ...nothing, outcome: "same", theirs, where: [`${where[0]}: ${untrustedText}`] }];
  }
  return found.map((deed) => ({
    ...what,
    ...aboutDeed(deed),
    outcome: "would have refused",
    why: [`${refusal.code}: ${refusal.message}`],
    where: [...where, ...deed.records],
  }));
}

function compareUnasked({ now, since }: ShadowFacts, deed: Deed): readonly Comparison[] {
  if (deed.at < since) return [];
  const isOpen = /testing$|^unstable$/.test(deed.repository);
  const age = now.getTime() - deed.at.getTime();
  const outcome: Outcome = age < (isOpen ? noticed.open : noticed.gated) ? "too early" : "nobody asked";
  const why = isOpen
    ? ["no push and no version tag was seen here that leads to it"]
    : ["no command was seen here that asks for it: it was done by hand, or its comment was edited or deleted"];
  const action = isOpen ? "build" : "promote";
  const ours = "would have done nothing";
  const at = deed.at.toISOString();
  return [
    { ...aboutDeed(deed), action, outcome, at, ours, why: outcome === "too early" ? [] : why, where: deed.records },
  ];
}

function aboutDeed(deed: Deed) {
  const { release, name, dist, repository, commit, version } = deed;
  const theirs = `published ${version} to ${repository} at ${minute(deed.at)}`;
  return { release, name, dist, repository, version: commit ?? version, theirs };
}

function oursOf({ action, repository }: Rehearsal, place: RehearsedPlace): string {
  const words = { promote: `promote to ${repository}`, withdraw: `withdraw from ${repository}`, build: "build" }[
    action
  ];
  switch (place.verdict) {
    case "would":
      return `would ${words}${place.files.length > 0 ? ` (${counted(place.files.length)})` : ""}`;
    case "stands":
      return "it stands there already";
    case "refused":
      return `would have refused it: ${place.refusal?.code ?? place.reason}`;
    case "skipped":
      return `would not ${words}: ${place.reason}`;
  }
}

function counted(files: number): string {
  return files === 1 ? "1 file" : `${files} files`;
}

/** `2026-11-20 10:00 UTC` */
function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
