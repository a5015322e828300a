import { parseDistribution } from "../domain/index.ts";
import { plainText } from "./escape.ts";
import { plainVersion } from "./issue-body.ts";
import { type LabelChange, labelPrefix, reached } from "./labels.ts";
import { fillTemplate } from "./placeholders.ts";
import type { Notice } from "./posting.ts";
import { type MessageTemplates, noticeTemplateNames } from "./templates.ts";

/** What an issue that an update fixes is told, without its marker; null where no template says anything. */
export function noticeComment(notice: Notice, templates: MessageTemplates): string | null {
  const { subject, reached: repository } = notice;
  if (subject.kind !== "component" || notice.distribution === null) return null;
  const distribution = parseDistribution(notice.distribution);
  for (const name of noticeTemplateNames(repository, distribution)) {
    const template = templates.get(name);
    if (template === null) continue;
    const filled = fillTemplate(template, {
      DIST: distribution?.dist ?? "",
      PACKAGE_SET: distribution?.set ?? "",
      PACKAGE_NAME: `${subject.component}-${plainVersion(subject.version)}`,
      COMPONENT: subject.component,
      REPOSITORY: repository,
      RELEASE_NAME: subject.release,
      VERSION: plainText(subject.version, 100),
      COMMIT_SHA: subject.commit,
    }).trim();
    return filled === "" ? null : filled;
  }
  return null;
}

/** The same labels as on the status issue. */
export function noticeLabels({ subject, distribution, reached: where }: Notice): LabelChange {
  const prefix = labelPrefix(subject.release, distribution);
  return reached(subject.release, prefix, where === "stable" ? "current" : where);
}
