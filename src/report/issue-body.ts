import type { CommitSha, DistributionName, SourceHistory, Subject } from "../domain/index.ts";
import { linkTarget, plainText } from "./escape.ts";
import { fillTemplate, type PlaceholderValues } from "./placeholders.ts";
import { namedIssues } from "./references.ts";
import type { MessageTemplates } from "./templates.ts";

/** GitHub refuses a longer one, and with it the whole issue. */
export const longestBody = 65_536;

/** What is known of a subject when its issue is made. */
export interface IssueBodyInput {
  readonly subject: Subject;
  readonly history: SourceHistory | null;
  readonly distributions: readonly DistributionName[];
  readonly minAgeDays: number;
  readonly at: Date;
  readonly issuesRepository: string;
}

/**
 * The body of a status issue, in Markdown. Every command line in it is made here from parsed names; the log's lines are
 * other people's text and are escaped. Where it grows too long, the log's oldest lines give way. An operator's directory
 * without the template gives an empty body.
 */
export function issueBody(input: IssueBodyInput, templates: MessageTemplates): string {
  const { subject } = input;
  const suffix = subject.kind === "component" ? "" : `-${subject.kind}`;
  const template = templates.get(`message-build-report${suffix}`);
  if (template === null) return "";
  const log = gitLog(input);
  const fill = (shown: number): string => fillTemplate(template, values(input, shortened(log, shown))).trim();
  let shown = log.length;
  let body = fill(shown);
  while (body.length > longestBody && shown > 0) {
    shown = Math.floor(shown * Math.min(0.9, longestBody / body.length));
    body = fill(shown);
  }
  return body.slice(0, longestBody);
}

/** `OWNER/REPO` of a source on a forge; null for anything else (a path, say). */
function slug(url: string): string | null {
  return /^https?:\/\/[^/]+\/([A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}?)(?:\.git)?\/?$/.exec(url)?.[1] ?? null;
}

function gitLog({ history }: IssueBodyInput): readonly string[] {
  const where = history === null ? null : slug(history.url);
  return (history?.commits ?? []).map(
    ({ sha, subject }) => `${where === null ? "" : `${where}@`}${sha.slice(0, 7)} ${plainText(subject, 200)}`,
  );
}

function shortened(log: readonly string[], shown: number): string {
  const left = log.length - shown;
  const lines = log.slice(0, shown);
  if (left > 0) lines.push(`… and ${left} earlier ones`);
  return lines.join("\n");
}

function values(input: IssueBodyInput, log: string): PlaceholderValues {
  const { subject, history, issuesRepository, minAgeDays, at } = input;
  const common: PlaceholderValues = {
    RELEASE_NAME: subject.release,
    MIN_AGE_DAYS: String(minAgeDays),
    EARLIEST_DAY: new Date(at.getTime() + minAgeDays * 86_400_000).toISOString().slice(0, 10),
    GIT_LOG: log === "" ? "(not known)" : log,
  };
  switch (subject.kind) {
    case "component": {
      const url = linkTarget(history?.url.replace(/(?:\.git)?\/?$/, "") ?? "");
      const previous = history?.previous ?? null;
      const issues = namedIssues(history?.commits ?? [], issuesRepository).slice(0, 100);
      const [first, second] = input.distributions;
      return {
        ...common,
        COMPONENT: subject.component,
        PACKAGE_NAME: `${subject.component}-${plainVersion(subject.version)}`,
        VERSION: plainText(subject.version, 100),
        COMMIT_SHA: subject.commit,
        ...(url === null ? {} : links(url, previous, subject.commit)),
        ISSUES: issues.length === 0 ? "(none)" : issues.map((issue) => `${issuesRepository}#${issue}`).join("\n"),
        ...(first === undefined || second === undefined ? {} : { EXAMPLE_DISTS: `${first},${second}` }),
      };
    }
    case "template":
      return { ...common, TEMPLATE_NAME: subject.template, VERSION: subject.version };
    case "iso":
      return { ...common, ISO_VERSION: subject.version, VERSION: subject.version };
  }
}

function links(url: string, previous: CommitSha | null, commit: CommitSha): PlaceholderValues {
  const log = previous === null ? `commits/${commit}` : `compare/${previous}...${commit}`;
  return { GIT_URL: url, GIT_LOG_URL: `${url}/${log}` };
}

/** `v4.3.12` as a package's version. */
export function plainVersion(untrusted: string): string {
  return untrusted
    .replace(/^v(?=[0-9])/, "")
    .replace(/[^A-Za-z0-9._+~-]/g, "_")
    .slice(0, 100);
}
