/** What templates call the things of a report; the last two are ours, the others the predecessors'. */
const placeholders = [
  "DIST",
  "PACKAGE_SET",
  "PACKAGE_NAME",
  "COMPONENT",
  "REPOSITORY",
  "RELEASE_NAME",
  "GIT_LOG",
  "GIT_LOG_URL",
  "COMMIT_SHA",
  "GIT_URL",
  "VERSION",
  "ISSUES",
  "MIN_AGE_DAYS",
  "TEMPLATE_NAME",
  "ISO_VERSION",
  "EARLIEST_DAY",
  "EXAMPLE_DISTS",
] as const;

type Placeholder = (typeof placeholders)[number];

/** A value for each placeholder that a report has: Markdown, escaped already. */
export type PlaceholderValues = Readonly<Partial<Record<Placeholder, string>>>;

const pattern = new RegExp(`@(${placeholders.join("|")})@`, "g");

/** A line that asks for one of these is left out where there is none: no link to nowhere, no example of one. */
const lineMakers = ["GIT_URL", "GIT_LOG_URL", "EXAMPLE_DISTS"] as const;

/**
 * Fills a template in one pass, so that a value never becomes a placeholder: commit subjects are other people's text. A
 * placeholder without a value becomes nothing, and what is no placeholder stays as it is.
 */
export function fillTemplate(template: string, values: PlaceholderValues): string {
  const missing = lineMakers.filter((name) => values[name] === undefined);
  const lines = template.split("\n").filter((line) => !missing.some((name) => line.includes(`@${name}@`)));
  return lines.join("\n").replace(pattern, (_, name: Placeholder) => values[name] ?? "");
}
