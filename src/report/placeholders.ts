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

/**
 * Fills a template in one pass, so that a value never becomes a placeholder: commit subjects are other people's text. A
 * line with `@EXAMPLE_DISTS@` is left out where the builder has no two distributions to show; any other placeholder
 * without a value becomes nothing, and what is no placeholder stays as it is.
 */
export function fillTemplate(template: string, values: PlaceholderValues): string {
  const lines = template
    .split("\n")
    .filter((line) => values.EXAMPLE_DISTS !== undefined || !line.includes("@EXAMPLE_DISTS@"));
  return lines.join("\n").replace(pattern, (_, name: Placeholder) => values[name] ?? "");
}
