import { no, ok, type Result } from "../domain/index.ts";
import type { StatusData, StatusPlace, StatusUpdate } from "./status-data.ts";

/** Several build qubes' data as one, and where they contradicted one another. */
export interface CombinedStatus {
  readonly data: StatusData;
  /** For people; each says what counts. */
  readonly conflicts: readonly string[];
}

/**
 * The data of several build qubes as one: a version's distributions come together, the data is as old as its oldest part. A
 * build qube speaks once: of two parts of the same one, the newer counts. Parts that report to different repositories are
 * refused: issue numbers and links would be of one, and the commands posted on the other.
 */
export function combineStatus(parts: readonly [StatusData, ...StatusData[]]): Result<CombinedStatus, string> {
  const [newest, ...others] = [...parts].sort(
    (one, other) => Date.parse(other.generatedAt) - Date.parse(one.generatedAt),
  );
  if (newest === undefined) return no("there is no part");
  const differs = others.find((other) => repositoriesOf(other) !== repositoriesOf(newest));
  if (differs !== undefined) {
    return no(`the parts report to different repositories: ${repositoriesOf(newest)}; ${repositoriesOf(differs)}`);
  }
  const conflicts: string[] = [];
  const spoken = new Set<string>();
  const groups = new Map<string, StatusUpdate[]>();
  for (const part of [newest, ...others]) {
    const again = part.environments.filter((environment) => spoken.has(environment));
    if (again.length > 0) conflicts.push(`${again.join(", ")}: two parts speak for it; the newer counts`);
    for (const update of part.updates) {
      const places = update.places.filter(({ environment }) => !again.includes(environment));
      if (places.length === 0 && again.length > 0) continue;
      const key = JSON.stringify([update.release, update.kind, update.name, update.version]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [{ ...update, places }]);
      else group.push({ ...update, places });
    }
    for (const environment of part.environments) spoken.add(environment);
  }
  const generatedAt = others.at(-1)?.generatedAt ?? newest.generatedAt;
  const updates = [...groups.values()].flatMap((group) => oneVersion(group, conflicts));
  return ok({ data: { ...newest, generatedAt, environments: [...spoken], updates }, conflicts });
}

function repositoriesOf({ reportRepository, logsRepository, logsBranch }: StatusData): string {
  return `issues in ${reportRepository}, logs in ${logsRepository} ${logsBranch}`;
}

/** What the parts say of one version. Different commits under one name stay apart: a command names the commit. */
function oneVersion(group: readonly StatusUpdate[], conflicts: string[]): readonly StatusUpdate[] {
  const [first] = group;
  if (first === undefined || group.length === 1) return group;
  const commits = [...new Set(group.flatMap(({ commit }) => (commit === null ? [] : [commit])))];
  if (commits.length < 2) return [merged(group, conflicts)];
  conflicts.push(`${called(first)}: ${commits.length} commits have this version; each is shown by itself`);
  return [...commits, null].flatMap((commit) => {
    const own = group.filter((update) => update.commit === commit);
    return own.length === 0 ? [] : [merged(own, conflicts)];
  });
}

function merged(group: readonly StatusUpdate[], conflicts: string[]): StatusUpdate {
  return group.reduce((known, update) => mergedTwo(known, update, conflicts));
}

function mergedTwo(known: StatusUpdate, update: StatusUpdate, conflicts: string[]): StatusUpdate {
  return {
    ...known,
    issue: known.issue ?? update.issue,
    commit: known.commit ?? update.commit,
    buggy: known.buggy || update.buggy,
    votes: known.votes ?? update.votes,
    tests: known.tests ?? update.tests,
    minAgeDays: Math.max(known.minAgeDays, update.minAgeDays),
    places: [...joined(known, update, conflicts)],
  };
}

/** One distribution is built in one build qube: where two speak of it, what stands in a repository counts, then the newer. */
function joined(known: StatusUpdate, update: StatusUpdate, conflicts: string[]): readonly StatusPlace[] {
  const places = new Map(known.places.map((place) => [place.distribution, place]));
  for (const place of update.places) {
    const other = places.get(place.distribution);
    const counts = other === undefined || (other.repository === null && place.repository !== null) ? place : other;
    if (other !== undefined) {
      const both = `${other.environment} and ${place.environment}`;
      conflicts.push(`${called(known)} for ${place.distribution}: ${both} speak of it; ${counts.environment} counts`);
    }
    places.set(place.distribution, counts);
  }
  return [...places.values()];
}

function called({ name, version, release }: StatusUpdate): string {
  return `${name} ${version} (${release})`;
}
