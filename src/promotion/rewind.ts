import type { RepositoryName } from "../domain/index.ts";
import type { BuildFact, DistributionFacts, PublicationFact } from "./facts.ts";
import type { PromotionSubject } from "./plan.ts";

/** Facts as they stood at an earlier moment; null where nothing has happened since, so that they are what they are. */
export interface Rewound {
  readonly facts: DistributionFacts;
  /** When the subject was published to the target: the moment that the facts are of. */
  readonly at: Date | null;
}

/**
 * What somebody else has published to `to` since `since` is taken back out of the facts, so that it can be asked what would
 * have been decided at that moment. The records tell the minute; what they do not tell (packages that a clean-up took out
 * meanwhile) stays as it is now.
 */
export function rewindFacts(
  facts: DistributionFacts,
  subject: PromotionSubject,
  to: RepositoryName,
  since: Date,
): Rewound {
  const from = minuteOf(since);
  const isAskedFor = (build: BuildFact): boolean =>
    subject.kind === "component" ? build.commit === subject.commit : build.version === subject.version;
  const done = facts.builds
    .filter(isAskedFor)
    .flatMap((build) => build.publications)
    .filter((one) => one.repository === to && one.minute.getTime() >= from)
    .map((one) => one.minute.getTime());
  if (done.length === 0) return { facts, at: null };
  const at = Math.min(...done);
  const stoodBefore = ({ repository, minute }: PublicationFact): boolean =>
    repository === to ? minute.getTime() < at : minute.getTime() <= at;
  const builds = facts.builds.map((build) => ({ ...build, publications: build.publications.filter(stoodBefore) }));
  // A file belongs to the target of then where a build that had been published there by then has it.
  const filesOf = (all: readonly BuildFact[]): Set<string> =>
    new Set(
      all
        .filter((build) => build.publications.some((one) => one.repository === to))
        .flatMap((build) => build.files.map(({ name }) => name)),
    );
  const [now, then] = [filesOf(facts.builds), filesOf(builds)];
  const target = facts.target.filter((one) => !one.files.some(({ file }) => now.has(file) && !then.has(file)));
  return { facts: { ...facts, builds, target }, at: new Date(at) };
}

/** Records tell minutes: what was published in the minute of `since` may have been published after it. */
function minuteOf(date: Date): number {
  return Math.floor(date.getTime() / 60_000) * 60_000;
}
