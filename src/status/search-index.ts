import { visible } from "./html.ts";
import { updateStem } from "./site-paths.ts";
import { byDistribution, type Standing, standings } from "./standing.ts";
import type { Told, ToldLine } from "./told.ts";

/** The index may grow to this many characters: with the rest of the page, less than a megabyte. */
const longest = 450_000;

type IndexedVersion = readonly [
  version: string,
  /** For each of the release's distributions a letter of {@link SearchIndex.words}, or `-`. */
  letters: string,
  issue: number | 0,
  /** The first twelve digits. */
  commit: string,
  votes: readonly [up: number, down: number] | 0,
  /** Where the page's name does not follow from the words. */
  path?: string,
];
type IndexedLine = readonly [kind: string, name: string, versions: readonly IndexedVersion[]];

/** What the front page's script searches. */
export interface SearchIndex {
  readonly words: Readonly<Record<string, Standing>>;
  readonly releases: readonly (readonly [
    release: string,
    distributions: readonly string[],
    lines: readonly IndexedLine[],
  ])[];
  /** How many versions, and how many of them the index has. */
  readonly versions: number;
  readonly indexed: number;
}

const letters = new Map([...standings.keys()].map((word, index) => [word, String.fromCharCode(97 + index)]));

/** The newest version of each component first, then the ones before: where not all fit, the oldest are left out. */
export function searchIndex(lines: readonly ToldLine[]): SearchIndex {
  const releases = new Map<string, { distributions: string[]; lines: [string, string, IndexedVersion[]][] }>();
  const open = lines.flatMap(({ versions }) => {
    const [first] = versions;
    if (first === undefined) return [];
    const { release, kind, name } = first.update;
    const known = releases.get(release) ?? { distributions: distributionsOf(release, lines), lines: [] };
    releases.set(release, known);
    const entries: IndexedVersion[] = [];
    known.lines.push([kind, visible(name), entries]);
    return [{ versions, entries, distributions: known.distributions }];
  });
  const versions = lines.reduce((sum, line) => sum + line.versions.length, 0);
  let indexed = 0;
  let length = JSON.stringify([...releases]).length;
  for (let rank = 0; indexed < versions && length < longest; rank++) {
    for (const line of open) {
      const told = line.versions[rank];
      if (told === undefined) continue;
      const entry = indexedVersion(told, line.distributions);
      length += JSON.stringify(entry).length + 1;
      if (length >= longest) break;
      line.entries.push(entry);
      indexed += 1;
    }
  }
  return {
    words: Object.fromEntries([...letters].map(([word, letter]) => [letter, word])),
    releases: [...releases].map(([release, known]) => [
      visible(release),
      known.distributions.map(visible),
      known.lines.filter(([, , entries]) => entries.length > 0),
    ]),
    versions,
    indexed,
  };
}

function distributionsOf(release: string, lines: readonly ToldLine[]): string[] {
  const names = lines
    .filter(({ versions }) => versions[0]?.update.release === release)
    .flatMap(({ versions }) => versions.flatMap(({ update }) => update.places.map(({ distribution }) => distribution)));
  return [...new Set(names)].sort(byDistribution);
}

function indexedVersion({ update, places, path }: Told, distributions: readonly string[]): IndexedVersion {
  const standing = new Map(places.map((one) => [one.place.distribution, one.standing]));
  const word = distributions
    .map((name) => letters.get(standing.get(name) ?? "built") ?? "-")
    .map((letter, index) => (standing.has(distributions[index] ?? "") ? letter : "-"))
    .join("");
  const { release, kind, name, version, issue, commit, votes } = update;
  const known = visible(version);
  const voted = votes === null || votes.up + votes.down === 0 ? 0 : ([votes.up, votes.down] as const);
  const entry = [known, word, issue ?? 0, commit?.slice(0, 12) ?? "", voted] as const;
  const follows = `update/${updateStem([visible(release), kind, visible(name), known])}.html`;
  return follows === path ? entry : [...entry, path];
}
