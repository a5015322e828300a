/**
 * Whether status issues say what stands. A label that events put on may have been lost (GitHub was away for good, somebody
 * took it off), and one may have stayed; the repositories are the truth.
 */
import { isGated, parseRelease, type Release, type RepositoryName } from "../domain/index.ts";
import { isLater, isOf, type OpenIssue } from "./cleanup.ts";
import { type LabelChange, reached } from "./labels.ts";
import { parseStatusTitle, type TitleSubject } from "./status-title.ts";

/** A version that stands in a repository of this build qube. */
export interface PlacedVersion {
  readonly release: string;
  /** The component's or template's name. */
  readonly name: string;
  /** `host` or `vm-bookworm`, as labels have it; empty for a template. */
  readonly place: string;
  readonly repository: RepositoryName;
  /** As packages have it: `4.3.12-1`. */
  readonly version: string;
}

/** An open issue whose labels say otherwise than the repositories. */
export interface LabelDifference {
  readonly issue: number;
  readonly title: string;
  readonly change: LabelChange;
}

/**
 * Compares each issue's labels of the repositories (not those of builds) with what stands, in the distributions that
 * `standing` speaks of: another build qube's are not judged. Nor is what another builder of this qube publishes elsewhere,
 * `RELEASE NAME` in `elsewhere`. A label stays where a later version has taken the place since.
 */
export function compareLabels(
  issues: readonly OpenIssue[],
  standing: readonly PlacedVersion[],
  elsewhere: ReadonlySet<string> = new Set(),
): readonly LabelDifference[] {
  return issues.flatMap((issue): LabelDifference[] => {
    const subject = parseStatusTitle(issue.title);
    const release = subject === null ? null : parseRelease(subject.release);
    if (subject === null || release === null || subject.kind === "iso") return [];
    if (elsewhere.has(`${release} ${subject.name}`)) return [];
    const places = new Set(standing.filter((fact) => fact.release === release).map(({ place }) => place));
    const changes = [...places]
      .filter((place) => (place === "") === (subject.kind === "template"))
      .map((place) => changeAt(issue, subject, release, { place, standing }));
    const change = { add: unique(changes.flatMap(({ add }) => add)), remove: unique(changes.flatMap((c) => c.remove)) };
    if (change.add.length + change.remove.length === 0) return [];
    return [{ issue: issue.number, title: issue.title, change }];
  });
}

function changeAt(
  { labels }: OpenIssue,
  subject: TitleSubject,
  release: Release,
  at: { readonly place: string; readonly standing: readonly PlacedVersion[] },
): LabelChange {
  const prefix = at.place === "" ? release : `${release}-${at.place}`;
  const here = at.standing.filter(
    (fact) => fact.release === release && fact.name === subject.name && fact.place === at.place,
  );
  const own = here.filter((fact) => isOf(subject.version, fact));
  const furthest = own.some(({ repository }) => isGated(repository))
    ? own.filter(({ repository }) => isGated(repository))
    : own;
  const wanted = new Set(furthest.flatMap(({ repository }) => reached(release, prefix, repository).add));
  const testing = at.place === "" ? ["testing"] : ["cur-test", "sec-test"];
  const hasLater = (gated: boolean): boolean =>
    here.some((fact) => isGated(fact.repository) === gated && isLater(fact, subject));
  const stale = [
    ...testing.filter(() => furthest !== own || !hasLater(false)),
    ...(hasLater(true) ? [] : ["stable"]),
  ].map((end) => `${prefix}-${end}`);
  return {
    add: [...wanted].filter((label) => !labels.includes(label)),
    remove: stale.filter((label) => labels.includes(label) && !wanted.has(label)),
  };
}

function unique(labels: readonly string[]): readonly string[] {
  return [...new Set(labels)];
}
