/** Which build a promotion is about, and what of it moves: decided by records and metadata, before any file is looked at. */
import {
  type CommitSha,
  type DistributionName,
  isGated,
  no,
  ok,
  type Refusal,
  type Release,
  type RepositoryName,
  type Result,
  refusal,
} from "../domain/index.ts";
import type { BuildFact, DistributionFacts, ListedPackage, TestingFact } from "./facts.ts";
import { isListed } from "./listed.ts";
import type { Move, PromotionSubject, Standing } from "./plan.ts";

/** What is asked for, with all that it hangs on. */
export interface PromotionQuestion {
  readonly release: Release;
  readonly subject: PromotionSubject;
  readonly to: RepositoryName;
  /** The repositories that count as testing, the preferred first. */
  readonly from: readonly RepositoryName[];
  /** The distribution's name, or the template's. */
  readonly dist: string;
  readonly holds: ReadonlySet<DistributionName>;
  readonly buggy: boolean;
  readonly minAgeDays: number;
  readonly now: Date;
}

/** What would move, as far as records and metadata say. */
export interface Selection {
  readonly from: RepositoryName;
  readonly versions: readonly string[];
  readonly moves: readonly Move[];
  readonly standing: readonly Standing[];
}

const day = 24 * 3600 * 1000;

/** `2026-11-20 10:00 UTC` */
function formatMinute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function nameOf(subject: PromotionSubject): string {
  return subject.kind === "component" ? subject.component : subject.template;
}

function newest(build: BuildFact, from: readonly RepositoryName[]): Date | null {
  const moments = build.publications.filter((one) => from.includes(one.repository)).map((one) => one.moment);
  return moments.reduce<Date | null>((last, one) => (last === null || one > last ? one : last), null);
}

/** Selects, or says why not. The order of the questions is the order in which their answers help. */
export function selectPromotion(question: PromotionQuestion, facts: DistributionFacts): Result<Selection, Refusal> {
  const { subject, to, dist } = question;
  const name = nameOf(subject);
  if ([...question.holds].some((held) => held === dist)) {
    return no(
      refusal("HELD", dist, `${name} is held for ${dist}`, "Whoever holds it, or may lift holds, signs an Unhold."),
    );
  }
  if (question.buggy && isGated(to)) {
    return no(
      refusal("BUGGY", name, `the status issue of ${name} is labelled buggy`, "Remove the label once it is mended."),
    );
  }
  const builds = chooseBuilds(question, facts);
  if (!builds.ok) return builds;
  const place = choosePlace(question, facts, builds.value);
  if (!place.ok) return place;
  const { testing, moves } = place.value;
  const target = compareWithTarget(question, facts, testing, moves);
  if (!target.ok) return target;
  const young = isGated(to) ? tooYoung(question, builds.value) : null;
  if (young !== null) return no(young);
  const versions = [...new Set(builds.value.map((build) => build.version))].sort();
  return ok({ from: testing.repository, versions, ...target.value });
}

/** The records of the build that is asked for: one a spec file; or a refusal that names what stands instead. */
function chooseBuilds(question: PromotionQuestion, facts: DistributionFacts): Result<readonly BuildFact[], Refusal> {
  const { subject, from, dist } = question;
  const published = facts.builds
    .map((build) => ({ build, last: newest(build, from) }))
    .filter((one): one is { build: BuildFact; last: Date } => one.last !== null)
    .sort((a, b) => b.last.getTime() - a.last.getTime() || facts.compare(b.build.version, a.build.version));
  const latest = published[0]?.build;
  const where = from.join(" or ");
  if (latest === undefined) {
    const what = `${nameOf(subject)} has nothing in ${where} for ${dist}`;
    return no(refusal("NOT_IN_TESTING", dist, what, "Publish a build there first."));
  }
  const isAskedFor = (build: BuildFact): boolean =>
    subject.kind === "component"
      ? build.commit === subject.commit
      : build.version === (subject.version ?? latest.version);
  if (!isAskedFor(latest))
    return no(
      stale(
        question,
        latest,
        published.some(({ build }) => isAskedFor(build)),
      ),
    );
  // Every spec file of this version: also one that was not published with the others. A commit that was built again under
  // another version is the one that was published last.
  const builds = facts.builds.filter((build) => build.version === latest.version);
  const other = builds.find((build) => !isAskedFor(build) || newest(build, from) === null);
  if (other !== undefined) {
    const what = `${other.spec} of version ${other.version} does not stand in ${where} at this commit`;
    return no(refusal("NOT_IN_TESTING", other.spec, what, "Build and publish all of the component's packages."));
  }
  return ok(builds);
}

function stale(question: PromotionQuestion, latest: BuildFact, wasThere: boolean): Refusal {
  const { subject, release, to, dist } = question;
  const where = question.from.join(" or ");
  if (subject.kind === "template") {
    const command = `Upload-template ${release} ${subject.template} ${latest.version} ${to}`;
    const what = `the version that stands in ${where} is ${latest.version}`;
    return refusal("STALE_COMMIT", String(subject.version), what, `To promote that one, sign: \`${command}\``);
  }
  const stands: CommitSha | null = latest.commit;
  const what = `the commit that stands in ${where} for ${dist} is ${stands ?? "not recorded"}${wasThere ? ", published after this one" : ""}`;
  const command = `Upload-component ${release} ${subject.component} ${stands ?? "COMMIT"} ${to} ${dist}`;
  return refusal("STALE_COMMIT", subject.commit, what, `To promote that one, sign: \`${command}\``);
}

/** The testing repository in which all files of the build stand, as they are recorded. */
function choosePlace(
  question: PromotionQuestion,
  facts: DistributionFacts,
  builds: readonly BuildFact[],
): Result<{ testing: TestingFact; moves: readonly Move[] }, Refusal> {
  const wanted = builds.flatMap((build) => build.files);
  let reason = refusal("NOT_IN_TESTING", question.dist, "the build's record names no files", "Publish it again.");
  if (wanted.length === 0) return no(reason);
  for (const repository of question.from) {
    const testing = facts.testing.find((one) => one.repository === repository);
    const isPublished = builds.every((build) => build.publications.some((one) => one.repository === repository));
    if (testing === undefined || !isPublished) continue;
    const listed = new Map(testing.packages.flatMap((one) => one.files.map((file) => [file.file, file])));
    const found = wanted.map((file) => judgeFile(file, listed, testing));
    const refused = found.find((one) => !one.ok);
    if (refused === undefined || refused.ok) {
      const moves = wholePackages(
        found.flatMap((one) => (one.ok && one.value !== null ? [one.value] : [])),
        testing,
      );
      if (testing.signature === null) return ok({ testing, moves });
      const what = `the metadata of ${repository}: ${testing.signature}`;
      reason = refusal("PACKAGE_SIGNATURE_INVALID", repository, what, "Publish there again with the repository's key.");
    } else reason = refused.error;
  }
  return no(reason);
}

/** A source package moves with all its files: builder v2 names not all of them, and its .dsc vouches for the others. */
function wholePackages(moves: readonly Move[], testing: TestingFact): readonly Move[] {
  const named = new Map(moves.map((move) => [move.file, move]));
  const whole = testing.packages.filter((one) => one.files.some((file) => named.has(file.file)));
  return [...new Map([...whole.flatMap((one) => one.files), ...moves].map((move) => [move.file, move])).values()];
}

function judgeFile(
  file: BuildFact["files"][number],
  listed: ReadonlyMap<string, Move>,
  testing: TestingFact,
): Result<Move | null, Refusal> {
  const found = listed.get(file.name) ?? testing.unlisted.find((one) => one.file === file.name);
  // Builder v2 names a buildinfo also where it does not publish it.
  if (found === undefined && file.sha256 === null && !isListed(file.name)) return ok(null);
  if (found === undefined) {
    const what = `${file.name} does not stand in ${testing.repository} any more`;
    return no(refusal("NOT_IN_TESTING", file.name, what, "Publish the build again."));
  }
  if (file.sha256 !== null && found.sha256 !== file.sha256) {
    const what = `${file.name} in ${testing.repository} is not the file that was recorded when it was published`;
    return no(refusal("PACKAGE_CHANGED", file.name, what, "Find out who changed it; publish the build again."));
  }
  return ok(found);
}

/** What of the moves the target lacks; refuses what it has already, has newer, or has under the same name with other bytes. */
function compareWithTarget(
  question: PromotionQuestion,
  facts: DistributionFacts,
  testing: TestingFact,
  moves: readonly Move[],
): Result<Pick<Selection, "moves" | "standing">, Refusal> {
  const { to } = question;
  const names = new Set(moves.map((move) => move.file));
  const listedThere = new Map(facts.target.flatMap((one) => one.files.map((file) => [file.file, file.sha256])));
  const comes = testing.packages.filter((one) => one.files.some((file) => names.has(file.file)));
  const isThere = (one: ListedPackage): boolean =>
    one.files.every((file) => listedThere.get(file.file) === file.sha256) &&
    facts.target.some((other) => isSamePackage(one, other) && other.version === one.version);
  const missing = comes.filter((one) => !isThere(one));
  if (missing.length === 0) {
    return no(refusal("ALREADY_PUBLISHED", to, `these packages stand in ${to} already`, "Nothing is to be done."));
  }
  const standing: Standing[] = [];
  for (const one of missing) {
    for (const other of facts.target.filter((candidate) => isSamePackage(one, candidate))) {
      if (facts.compare(other.version, one.version) > 0) {
        const what = `${to} has ${other.name} ${other.version}, which is newer than ${one.version}`;
        return no(refusal("SUPERSEDED", one.file, what, "Promote a newer version, or withdraw that one first."));
      }
      standing.push({ name: other.name, arch: other.arch, version: other.version, file: other.file });
    }
    const changed = one.files.find((file) => (listedThere.get(file.file) ?? file.sha256) !== file.sha256);
    if (changed !== undefined && facts.type !== "deb") {
      const what = `${to} has another file of the name ${changed.file}`;
      return no(refusal("PACKAGE_CHANGED", changed.file, what, "Withdraw that one first, or build a new release."));
    }
  }
  const comesNow = new Set(missing.flatMap((one) => one.files.map((file) => file.file)));
  const unlisted = moves.filter((move) => !comes.some((one) => one.files.some((file) => file.file === move.file)));
  const byFile = (a: { file: string }, b: { file: string }): number => (a.file < b.file ? -1 : 1);
  return ok({
    moves: [...moves.filter((move) => comesNow.has(move.file)), ...unlisted].sort(byFile),
    standing: standing.sort(byFile),
  });
}

function isSamePackage(a: Standing, b: Standing): boolean {
  return a.name === b.name && a.arch === b.arch;
}

function tooYoung(question: PromotionQuestion, builds: readonly BuildFact[]): Refusal | null {
  const counted = builds.flatMap((build) => build.publications).filter((one) => question.from.includes(one.repository));
  const latest = counted.reduce((last, one) => (one.minute > last.minute ? one : last), counted[0] ?? neverPublished());
  const due = new Date(latest.minute.getTime() + question.minAgeDays * day);
  if (question.now >= due) return null;
  const what = `in ${latest.repository} since ${formatMinute(latest.minute)}; may go to ${question.to} from ${formatMinute(due)}`;
  return refusal("TOO_YOUNG", question.dist, what, `Sign it again from ${formatMinute(due)} on.`);
}

function neverPublished(): never {
  throw new Error("a build was selected that was never published");
}
