import type { Subject } from "../domain/index.ts";

/** A tag's name is its author's choice: what is not of a version's alphabet does not reach a title. */
function versionText(untrusted: string): string {
  return untrusted.replace(/[^A-Za-z0-9._+~-]/g, "_").slice(0, 100);
}

/**
 * The title of a subject's status issue, to the letter: other people's scripts search for it.
 * `core-admin v4.3.12 (r4.3)`, `qubes-template-debian-13-xfce 4.3.0-202508191723 (r4.3)`, `iso 4.3.0-rc1 (r4.3)`.
 */
export function statusIssueTitle(subject: Subject): string {
  switch (subject.kind) {
    case "component":
      return `${subject.component} ${versionText(subject.version)} (${subject.release})`;
    case "template":
      return `qubes-template-${subject.template} ${subject.version} (${subject.release})`;
    case "iso":
      return `iso ${subject.version} (${subject.release})`;
  }
}
