import { compareVersions } from "../domain/index.ts";
import { parseStatusTitle, type TitleSubject } from "./status-title.ts";

/** An open status issue of ours. */
export interface OpenIssue {
  readonly number: number;
  readonly title: string;
  readonly labels: readonly string[];
}

/** What this build qube's own records say: the version of a subject that stands in a repository. */
export interface StandingFact {
  readonly release: string;
  /** The component's or template's name. */
  readonly name: string;
  /** `host` or `vm-bookworm`, as labels have it; empty for a template. */
  readonly place: string;
  /** Whether that repository is a testing one, or the one behind the gate. */
  readonly where: "testing" | "stable";
  /** As packages have it: `4.3.12-1`. */
  readonly version: string;
}

/** An issue that is to be closed, and why. */
export interface Closing {
  readonly issue: number;
  readonly title: string;
  readonly why: { readonly kind: "stable" } | { readonly kind: "superseded"; readonly by: number };
}

interface Judged extends OpenIssue {
  readonly subject: TitleSubject;
  /** For each distribution that a label speaks of, how far it has come. */
  readonly places: ReadonlyMap<string, "working" | "testing" | "stable">;
}

/**
 * Which issues are over: those whose version is in stable for each of their distributions, and those that a later version
 * replaces in each distribution where they were not. A distribution counts by its own label, never by another's; and for
 * the distributions of this build qube, the records have to agree with the labels, which anybody in the team can change.
 */
export function planCleanup(issues: readonly OpenIssue[], standing: readonly StandingFact[]): readonly Closing[] {
  const judged = issues.flatMap((issue) => {
    const subject = parseStatusTitle(issue.title);
    return subject === null ? [] : [{ ...issue, subject, places: placesOf(issue.labels, subject.release) }];
  });
  return judged.flatMap((issue): Closing[] => {
    if (issue.places.size === 0) return [];
    const { number, title } = issue;
    if (isStable(issue, standing)) return [{ issue: number, title, why: { kind: "stable" } }];
    const by = judged
      .filter(
        (other) =>
          isSameLine(other.subject, issue.subject) && compareVersions(other.subject.version, issue.subject.version) > 0,
      )
      .filter((other) => replaces(other, issue, standing))
      .sort((a, b) => compareVersions(b.subject.version, a.subject.version))[0];
    return by === undefined ? [] : [{ issue: number, title, why: { kind: "superseded", by: by.number } }];
  });
}

/** Place (empty for the release as a whole) → how far. Several labels of one place: the least of them counts. */
function placesOf(labels: readonly string[], release: string): Judged["places"] {
  const places = new Map<string, "working" | "testing" | "stable">();
  const order = ["stable", "testing", "working"] as const;
  for (const label of labels) {
    if (!label.startsWith(`${release}-`)) continue;
    const parts =
      /^(?:(host|vm-[a-z0-9][a-z0-9_.-]*)-)?(building|failed|upload-failed|cur-test|sec-test|testing|stable)$/.exec(
        label.slice(release.length + 1),
      );
    const [, place = "", state] = parts ?? [];
    if (state === undefined) continue;
    const far = state === "stable" ? "stable" : /test/.test(state) ? "testing" : "working";
    const known = places.get(place);
    if (known === undefined || order.indexOf(far) > order.indexOf(known)) places.set(place, far);
  }
  // `RELEASE-stable` of a component speaks for no distribution of its own.
  if (places.size > 1 && places.get("") === "stable") places.delete("");
  return places;
}

function isSameLine(one: TitleSubject, other: TitleSubject): boolean {
  return one.kind === other.kind && one.release === other.release && one.name === other.name;
}

function versionsAt(
  standing: readonly StandingFact[],
  { release, name }: TitleSubject,
  place: string,
): readonly StandingFact[] {
  return standing.filter((fact) => fact.release === release && fact.name === name && fact.place === place);
}

/** `4.3.12-1` is a package of `v4.3.12`. */
export function isOf(version: string, fact: { readonly version: string }): boolean {
  const plain = version.replace(/^v(?=[0-9])/, "");
  return fact.version === plain || fact.version.startsWith(`${plain}-`);
}

function isStable({ places, subject }: Judged, standing: readonly StandingFact[]): boolean {
  return [...places].every(([place, far]) => {
    if (far !== "stable") return false;
    const stable = versionsAt(standing, subject, place).filter(({ where }) => where === "stable");
    return stable.length === 0 || stable.some((fact) => isOf(subject.version, fact) || isLater(fact, subject));
  });
}

/** Whether what stands is of a later version than the one that the title names. */
export function isLater(fact: { readonly version: string }, { version }: TitleSubject): boolean {
  return compareVersions(fact.version, version.replace(/^v(?=[0-9])/, "")) > 0;
}

function replaces(later: Judged, issue: Judged, standing: readonly StandingFact[]): boolean {
  return [...issue.places].every(([place, far]) => {
    if (far === "stable") return true;
    const there = later.places.get(place);
    if (there === undefined || there === "working") return false;
    const own = versionsAt(standing, issue.subject, place);
    return own.length === 0 || own.some((fact) => isOf(later.subject.version, fact) || isLater(fact, later.subject));
  });
}
