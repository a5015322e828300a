import { openAgentStore } from "../../../adapters/store/index.ts";
import { answerComment, decodePosting, labelChange, type Posting, statusIssueTitle } from "../../../report/index.ts";
import type { Rehearsal } from "../../../shadow/index.ts";
import { shadowChannel } from "../../agent/outbox-entries.ts";

/** One decision, with all that would have been told of it. */
export interface ShownRehearsal {
  readonly rehearsal: Rehearsal;
  readonly postings: readonly Posting[];
}

/**
 * What is kept under a word: a command's id, the beginning of a plan's digest, of a commit or of a version, or a name. The
 * latest last.
 */
export async function findRehearsals(database: string, word: string): Promise<readonly ShownRehearsal[]> {
  const store = openAgentStore(database, () => []);
  try {
    const begins = (text: string | null): boolean => word.length >= 6 && text?.startsWith(word) === true;
    const found = store.rehearsals
      .since(new Date(0))
      .filter(
        ({ asked, name, version, places }) =>
          name === word ||
          (asked.kind === "command" && asked.trace === word) ||
          begins(version) ||
          places.some(({ plan }) => begins(plan)),
      );
    const postings = found.length === 0 ? [] : store.outbox.kept(shadowChannel).map(decodePosting);
    return found.map((rehearsal) => ({ rehearsal, postings: postings.filter((one) => isAbout(one, rehearsal)) }));
  } finally {
    await store.database.close();
  }
}

function isAbout(posting: Posting, { asked, title }: Rehearsal): boolean {
  const trace = asked.kind === "command" ? asked.trace : null;
  switch (posting.kind) {
    case "status":
      return posting.event.trace === trace && statusIssueTitle(posting.event.subject) === title;
    case "answer":
      return posting.answer.trace === trace;
    case "notice":
      return trace === null && statusIssueTitle(posting.notice.subject) === title;
    case "reaction":
      return false;
  }
}

/** For people. */
export function renderRehearsal({ rehearsal, postings }: ShownRehearsal): string {
  const { asked, action, release, name, version, repository, decidedAt, asOf, places } = rehearsal;
  const by = asked.kind === "command" ? `command ${asked.trace} of ${asked.signer}: ${asked.line}` : asked.kind;
  return [
    `${action} ${release} ${name} ${version}, ${repository}`,
    `  asked     ${by}`,
    `  decided   ${decidedAt}${asOf === decidedAt ? "" : `, as of ${asOf}`}`,
    ...places.flatMap(({ dist, verdict, reason, plan, files }) => [
      `  ${dist}  ${verdict}${reason === "" ? "" : `: ${reason}`}`,
      ...(plan === null ? [] : [`      plan ${plan}`]),
      ...files.map(({ file, sha256 }) => `      ${sha256} ${file}`),
    ]),
    ...postings.flatMap(wordsOf).map((line) => `  would tell  ${line}`),
    "",
  ]
    .map((line) => line.replace(/[^\x20-\x7e]+/g, "?"))
    .join("\n");
}

function wordsOf(posting: Posting): readonly string[] {
  switch (posting.kind) {
    case "status": {
      const { event } = posting;
      const { add, remove } = labelChange(event);
      const labels = [...add.map((label) => `+${label}`), ...remove.map((label) => `-${label}`)].join(" ");
      const where = "distribution" in event && event.distribution !== null ? ` for ${event.distribution}` : "";
      return [
        `'${statusIssueTitle(event.subject)}': ${event.type}${where}${labels === "" ? "" : `; labels ${labels}`}`,
      ];
    }
    case "answer":
      return [`answer: ${answerComment(posting.answer).split("\n").join(" ").slice(0, 500)}`];
    case "notice":
      return [`${posting.notice.repository}#${posting.notice.issue}: has reached ${posting.notice.reached}`];
    case "reaction":
      return [];
  }
}
