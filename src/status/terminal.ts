/** Stories on a terminal. */
import { cell, columnsOf, printable, wrapped } from "../formats/terminal/index.ts";
import type { PlaceStory, Story } from "./story.ts";

/** How a table is to look. */
export interface TableStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: "on" | "off";
}

const colours = { green: "\u001b[32m", yellow: "\u001b[33m", dim: "\u001b[2m" } as const;

function painted(text: string, colour: keyof typeof colours, style: TableStyle): string {
  return style.colours === "on" ? `${colours[colour]}${text}\u001b[0m` : text;
}

interface Row {
  readonly verdict: PlaceStory["verdict"];
  readonly name: string;
  readonly distributions: string;
  readonly votes: string;
  readonly why: string;
}

/** In fewer columns a table has no room for its words. */
const tableColumns = 60;

/**
 * What may be promoted now first, then what not yet and why. The distributions of a version that stand alike share a row; what
 * is longer than its column goes on below, and in a narrow terminal all of it does.
 */
export function renderList(stories: readonly Story[], style: TableStyle): string {
  const rows = stories.flatMap(rowsOf);
  if (rows.length === 0) return "nothing waits for promotion\n";
  const order = ["ready", "waiting", "in current"];
  rows.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  if (style.width < tableColumns) return rows.map((row) => stacked(row, style)).join("");
  const widest = (part: "name" | "distributions" | "votes" | "verdict"): number =>
    Math.max(...rows.map((row) => columnsOf(row[part])));
  const verdict = widest("verdict");
  const votes = widest("votes");
  const name = Math.min(widest("name"), Math.max(18, Math.floor(style.width * 0.3)));
  const distributions = Math.min(widest("distributions"), Math.max(13, Math.floor(style.width * 0.18)));
  const why = Math.max(12, style.width - verdict - name - distributions - votes - (votes === 0 ? 3 : 4));
  return rows
    .map((row) => {
      const columns = [
        [row.verdict],
        wrapped(row.name, name),
        wrapped(row.distributions, distributions),
        ...(votes === 0 ? [] : [[row.votes]]),
        wrapped(row.why, why),
      ];
      const widths = [verdict, name, distributions, ...(votes === 0 ? [] : [votes]), why];
      const height = Math.max(...columns.map(({ length }) => length));
      return Array.from({ length: height }, (_, at) => {
        const cells = columns.map((column, index) => cell(column[at] ?? "", widths[index] ?? 0));
        const [mark = "", ...rest] = cells;
        const first = at > 0 ? mark : painted(mark, colourOf(row.verdict), style);
        return `${[first, ...rest].join(" ").trimEnd()}\n`;
      }).join("");
    })
    .join("");
}

function stacked({ verdict, name, distributions, votes, why }: Row, style: TableStyle): string {
  const indent = "  ";
  const below = [distributions, why, votes].filter((text) => text !== "");
  const [head = "", ...more] = wrapped(`${verdict} ${name}`, style.width - indent.length);
  const rest = [...more, ...below.flatMap((text) => wrapped(text, style.width - indent.length))];
  const first = head.startsWith(verdict)
    ? `${painted(verdict, colourOf(verdict), style)}${head.slice(verdict.length)}`
    : head;
  return [first, ...rest.map((line) => indent + line)].map((line) => `${line}\n`).join("");
}

function colourOf(verdict: PlaceStory["verdict"]): keyof typeof colours {
  return verdict === "waiting" ? "yellow" : "green";
}

function rowsOf({ update, places }: Story): readonly Row[] {
  const alike = new Map<string, PlaceStory[]>();
  for (const place of places) {
    const key = `${place.verdict}\n${place.why}`;
    alike.set(key, [...(alike.get(key) ?? []), place]);
  }
  const votes = votesOf(update);
  return [...alike.values()].map((some) => ({
    verdict: some[0]?.verdict ?? "waiting",
    name: printable(`${update.name} ${update.version}`),
    distributions:
      some.length > 2 && some.length === update.places.length
        ? `all ${some.length}`
        : printable(some.map(({ distribution }) => distribution).join(", ")),
    votes,
    why: printable(some[0]?.why ?? ""),
  }));
}

/** Empty where nobody has voted, or nobody has said. */
function votesOf({ votes }: Story["update"]): string {
  return votes === null || votes.up + votes.down === 0 ? "" : `👍${votes.up} 👎${votes.down}`;
}

/** How many versions have something that is ready, and how many something that waits. */
export function renderCounts(stories: readonly Story[]): string {
  const count = (verdict: PlaceStory["verdict"]): number =>
    stories.filter(({ places }) => places.some((place) => place.verdict === verdict)).length;
  return `${count("ready")} ready, ${count("waiting")} waiting`;
}

/** The whole story of versions, for `why`. */
export function renderStories(stories: readonly Story[], style: TableStyle): string {
  const told = (indent: string, text: string): string[] =>
    wrapped(text, Math.max(20, style.width - indent.length)).map((line) => `${indent}${line}`);
  return stories
    .map(({ update, places }) => {
      const issue = update.issue === null ? "" : `  issue #${update.issue}`;
      const votes = votesOf(update) === "" ? "" : `  ${votesOf(update)}`;
      const head = printable(`${update.name} ${update.version} (${update.release})${issue}${votes}`);
      const commit = update.commit === null ? [] : [`  commit ${update.commit}`];
      const lines = places.flatMap((place) => [
        `  ${printable(place.distribution)}: ${painted(place.verdict, colourOf(place.verdict), style)} (${printable(place.environment)})`,
        ...place.lines.flatMap((line) => told("    ", printable(line))),
        ...(place.log === null ? [] : [painted(`    log ${printable(place.log)}`, "dim", style)]),
      ]);
      return [head, ...commit, ...lines].join("\n");
    })
    .map((story) => `${story}\n`)
    .join("\n");
}
