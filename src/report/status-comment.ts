import type { LogPath, RepositoryName, StatusEvent, Subject } from "../domain/index.ts";
import { codeSpan, fenced, linkTarget, plainText, tailOf } from "./escape.ts";
import { distributionWord } from "./labels.ts";

/** Where build logs can be read. */
export interface LogLinks {
  /** `OWNER/REPO` */
  readonly repository: string;
  readonly branch: string;
}

/** `https://github.com/LOGS-REPO/tree/BRANCH/PATH`; the path has been parsed as one when it became a {@link LogPath}. */
function logUrl(path: LogPath, links: LogLinks): string {
  return `https://github.com/${links.repository}/tree/${links.branch}/${path}`;
}

function logLink(path: LogPath | null, links: LogLinks): string {
  const target = path === null ? null : linkTarget(logUrl(path, links));
  return target === null ? "" : ` ([build log](${target}))`;
}

/** `Package for vm-bookworm`, `Template debian-13-xfce 4.3.0-202508191723`, `ISO 4.3.0-rc1`, `The source`. */
function what(subject: Subject, distribution: Parameters<typeof distributionWord>[0]): string {
  switch (subject.kind) {
    case "component":
      return distribution === null ? "The source" : `Package for ${distributionWord(distribution)}`;
    case "template":
      return `Template ${plainText(subject.template)} ${subject.version}`;
    case "iso":
      return `ISO ${subject.version}`;
  }
}

/** As the predecessors say it, and as saved searches look for it. */
function repositoryWord(repository: RepositoryName): string {
  return repository === "current" ? "stable" : repository;
}

/**
 * The comment that an event leaves on the status issue, in Markdown and without its marker; null where labels alone say
 * it. A sentence's beginning is read by scripts and kept; what follows is for people, at the end the id of the command.
 */
export function statusComment(event: StatusEvent, links: LogLinks): string | null {
  const text = words(event, links);
  return text === null || event.trace === null ? text : `${text}\n\n(id \`${event.trace}\`)`;
}

function words(event: StatusEvent, links: LogLinks): string | null {
  switch (event.type) {
    case "announced":
    case "building":
      return null;
    case "built":
      return `${what(event.subject, event.distribution)} was built${logLink(event.log, links)}`;
    case "uploaded": {
      const to = repositoryWord(event.repository);
      const plan = event.plan === null ? "" : `\n\nPlan: ${codeSpan(event.plan)}`;
      const { byHand } = event;
      const order =
        byHand === undefined
          ? ""
          : `\n\nAn urgent fix, before its time: ordered by hand in \`${event.environment}\` by ${plainText(byHand.operator, 100)}, because: ${plainText(byHand.reason, 500)}`;
      return `${what(event.subject, event.distribution)} was uploaded to ${to} repository${logLink(event.log, links)}${order}${plan}`;
    }
    case "failed": {
      const stage = event.stage === "build" ? "build" : `build (stage ${plainText(event.stage, 40)})`;
      const tail = tailOf(event.logTail, 30, 3500);
      return [
        `${what(event.subject, event.distribution)} failed to ${stage}${logLink(event.log, links)}`,
        ...(event.reason === "" ? [] : [plainText(event.reason, 1000)]),
        ...(tail.trim() === ""
          ? []
          : [`<details>\n<summary>The end of the build log</summary>\n\n${fenced(tail)}\n\n</details>`]),
      ].join("\n\n");
    }
    case "upload-failed":
      return [
        `${what(event.subject, event.distribution)} failed to upload to ${repositoryWord(event.repository)}${logLink(event.log, links)}`,
        ...(event.reason === "" ? [] : [plainText(event.reason, 1000)]),
      ].join("\n\n");
    case "source-refused":
      return [
        `The source was refused and nothing was built, says ${event.environment}.`,
        ...(event.reason === "" ? [] : [plainText(event.reason, 1000)]),
      ].join("\n\n");
    case "tests-started": {
      const target = linkTarget(event.url);
      return `${what(event.subject, null)} is tested by openQA${target === null ? "" : ` ([results](${target}))`}`;
    }
    case "withdrawn":
      return `${what(event.subject, event.distribution)} was withdrawn from ${repositoryWord(event.repository)} repository\n\nPlan: ${codeSpan(event.plan)}`;
  }
}
