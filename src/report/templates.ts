import type { Distribution } from "../domain/index.ts";

/**
 * A directory of message templates, shipped or an operator's own. A file that is missing means that nothing is said,
 * never that a default is: that is how a release is run without announcements.
 */
export interface MessageTemplates {
  /** The text of the file of that name (`message-build-report`); null where there is none. */
  get(name: string): string | null;
}

/**
 * The names under which the issues repository's message for a distribution is looked for, the first that exists wins:
 * `message-REPO-SET-DIST`, `message-REPO-SET-FULLNAME`, `message-REPO-SET`; v1 calls the set `host` `dom0`.
 */
export function noticeTemplateNames(
  reached: "current-testing" | "stable",
  distribution: Distribution | null,
): readonly string[] {
  if (distribution === null) return [];
  const sets = distribution.set === "host" ? ["host", "dom0"] : ["vm"];
  return sets.flatMap((set) =>
    [`-${distribution.dist}`, `-${distribution.fullName}`, ""].map((end) => `message-${reached}-${set}${end}`),
  );
}
