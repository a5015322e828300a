import type { Story } from "./story.ts";

/** What is printed on a terminal: no control character of anybody's reaches it. */
function printable(untrusted: string): string {
  return untrusted.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, "\ufffd");
}

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

/** One line a version and distribution: what may be promoted now first, then what not yet and why. */
export function renderList(stories: readonly Story[], style: TableStyle): string {
  const rows = stories.flatMap(({ update, places }) =>
    places
      .filter(({ verdict }) => verdict !== "in current")
      .map((place) => ({
        verdict: place.verdict,
        name: printable(`${update.name} ${update.version}`),
        distribution: printable(place.distribution),
        why: printable(place.lines.slice(-1)[0] ?? ""),
      })),
  );
  if (rows.length === 0) return "nothing waits for promotion\n";
  rows.sort((a, b) => (a.verdict === b.verdict ? 0 : a.verdict === "ready" ? -1 : 1));
  const name = Math.min(Math.max(...rows.map((row) => row.name.length)), Math.max(20, Math.floor(style.width / 3)));
  const distribution = Math.min(Math.max(...rows.map((row) => row.distribution.length)), 20);
  return rows
    .map((row) => {
      const mark = painted(row.verdict.padEnd(7), row.verdict === "ready" ? "green" : "yellow", style);
      const before = `${cell(row.name, name)} ${cell(row.distribution, distribution)} `;
      return `${mark} ${before}${row.why.slice(0, Math.max(10, style.width - before.length - 8))}\n`;
    })
    .join("");
}

function cell(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

/** The whole story of versions, for `why`. */
export function renderStories(stories: readonly Story[], style: TableStyle): string {
  return stories
    .map(({ update, places }) => {
      const issue = update.issue === null ? "" : `  issue #${update.issue}`;
      const head = `${update.name} ${update.version} (${update.release})${issue}`;
      const commit = update.commit === null ? [] : [`  commit ${update.commit}`];
      const lines = places.flatMap((place) => [
        `  ${printable(place.distribution)}: ${painted(place.verdict, place.verdict === "waiting" ? "yellow" : "green", style)} (${printable(place.environment)})`,
        ...place.lines.map((line) => `    ${printable(line)}`),
        ...(place.log === null ? [] : [painted(`    log ${printable(place.log)}`, "dim", style)]),
      ]);
      return [printable(head), ...commit, ...lines].join("\n");
    })
    .map((story) => `${story}\n`)
    .join("\n");
}
