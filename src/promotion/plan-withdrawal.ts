import { type Fingerprint, type Refusal, type Release, type RepositoryName, refusal } from "../domain/index.ts";
import { digestPlan } from "./digest.ts";
import type { BuildFact, DistributionFacts } from "./facts.ts";
import type { DistributionPlan, Move, PromotionSubject } from "./plan.ts";

/** A withdrawal to decide. */
export interface WithdrawalQuestion {
  readonly release: Release;
  readonly subject: PromotionSubject;
  readonly repository: RepositoryName;
  readonly dist: string;
}

/** Decides what goes out of the repository, and which files of the version before stand again in its place. */
export function planWithdrawal(
  question: WithdrawalQuestion,
  facts: DistributionFacts,
  signKey: Fingerprint,
  stillThere: (file: string) => boolean,
): DistributionPlan {
  const { subject, repository, dist } = question;
  const isAskedFor = (build: BuildFact): boolean =>
    subject.kind === "component" ? build.commit === subject.commit : build.version === subject.version;
  const builds = facts.builds.filter(isAskedFor);
  const names = new Set(builds.flatMap((build) => build.files.map((file) => file.name)));
  const going = facts.target.filter((one) => one.files.some((file) => names.has(file.file)));
  const restored = facts.type === "rpm" ? [] : buildBefore(question, facts, builds);
  const restores = restored
    .flatMap((build) => build.files)
    .filter((file) => file.sha256 !== null && stillThere(file.name) && !names.has(file.name));
  const refused: Refusal | null =
    going.length > 0
      ? null
      : refusal(
          "NOT_IN_TESTING",
          repository,
          `it does not stand in ${repository} for ${dist}`,
          "Nothing is to be withdrawn.",
        );
  return digestPlan({
    action: "withdraw",
    dist,
    type: facts.type,
    release: question.release,
    subject,
    from: null,
    to: repository,
    signKey,
    moves: going.flatMap((one) => one.files).sort(byFile),
    restores: refused === null ? restores.map(({ name, sha256 }) => ({ file: name, sha256 }) as Move).sort(byFile) : [],
    standing: going.map(({ name, arch, version, file }) => ({ name, arch, version, file })).sort(byFile),
    versions: [...new Set(builds.map((build) => build.version))].sort(),
    ...(refused === null ? {} : { refused }),
  });
}

function byFile(a: { readonly file: string }, b: { readonly file: string }): number {
  return a.file < b.file ? -1 : 1;
}

/** The builds of the version that was last published to the repository before this one. */
function buildBefore(
  question: WithdrawalQuestion,
  facts: DistributionFacts,
  withdrawn: readonly BuildFact[],
): readonly BuildFact[] {
  const published = facts.builds
    .filter((build) => !withdrawn.includes(build))
    .map((build) => ({
      build,
      at: build.publications.filter((one) => one.repository === question.repository).at(-1)?.moment,
    }))
    .filter((one): one is { build: BuildFact; at: Date } => one.at !== undefined)
    .sort((a, b) => b.at.getTime() - a.at.getTime());
  const version = published[0]?.build.version;
  return published.filter(({ build }) => build.version === version).map(({ build }) => build);
}
