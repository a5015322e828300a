import { type Comparison, isDifference, type Outcome, outcomes } from "./comparison.ts";

/** How many of each outcome, in the order in which they matter. */
export function summarize(comparisons: readonly Comparison[]): readonly (readonly [outcome: Outcome, count: number])[] {
  return outcomes.map((outcome) => [outcome, comparisons.filter((one) => one.outcome === outcome).length]);
}

const headings: Readonly<Record<Outcome, string>> = {
  "would have refused": "done, and we would have refused it",
  "nobody asked": "done, and nothing that we took in asked for it",
  "done differently": "done by both, and not the same",
  "not done": "we would have done it, and it was not done",
  "too early": "may still be done",
  same: "the same",
};

/** The summary first, then what differs, group by group, the newest first and at most `most` of each. */
export function renderComparisons(comparisons: readonly Comparison[], most: number): string {
  const counts = summarize(comparisons).map(([outcome, count]) => `${String(count).padStart(7)}  ${headings[outcome]}`);
  const groups = outcomes.filter(isDifference).flatMap((outcome) =>
    group(
      outcome,
      comparisons.filter((one) => one.outcome === outcome),
      most,
    ),
  );
  return `${[...counts, ...groups].join("\n")}\n`;
}

function group(outcome: Outcome, found: readonly Comparison[], most: number): readonly string[] {
  if (found.length === 0) return [];
  const newest = [...found].sort((a, b) => (a.at < b.at ? 1 : -1));
  const more = found.length - most;
  return [
    "",
    `${headings[outcome]} (${found.length})${reasons(found)}`,
    ...newest.slice(0, most).flatMap(lines),
    ...(more > 0 ? [`  … and ${more} more: --all shows them`] : []),
  ];
}

/** Which reasons are behind many: with hundreds of lines one cause is often all of it. */
function reasons(found: readonly Comparison[]): string {
  const counts = new Map<string, number>();
  for (const { why, ours } of found) {
    const code = /\b[A-Z]{3,}(?:_[A-Z]+)+\b|\b(?:HELD|BUGGY|SUPERSEDED|REPLAYED)\b/.exec([ours, ...why].join(" "))?.[0];
    if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5);
  return most.length === 0 ? "" : `: ${most.map(([code, count]) => `${count} ${code}`).join(", ")}`;
}

function lines(one: Comparison): readonly string[] {
  const subject = [one.release, one.name, one.version.slice(0, 40), one.dist].filter(
    (word) => word !== "" && word !== null,
  );
  return [
    `  ${one.at.slice(0, 16).replace("T", " ")}  ${subject.map(plain).join(" ")}`,
    `      ours:   ${plain(one.ours)}`,
    `      theirs: ${plain(one.theirs)}`,
    ...one.why.slice(0, 5).map((text) => `      why:    ${plain(text)}`),
    ...(one.why.length > 5 ? [`      why:    … and ${one.why.length - 5} more, with --json`] : []),
    ...one.where.slice(0, 3).map((text) => `      look:   ${plain(text)}`),
  ];
}

/** Records and comments hold other people's words: none of them moves the operator's cursor. */
function plain(text: string | null): string {
  return (text ?? "").replace(/[^\x20-\x7e]+/g, "?").slice(0, 300);
}
