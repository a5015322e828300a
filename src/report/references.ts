/** A commit's message as a status event carries it: the attacker may be its author. */
interface Message {
  readonly subject: string;
  readonly body: string;
}

const slug = `[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}`;
const number = `[1-9][0-9]{0,8}(?![0-9A-Za-z])`;
/** `OWNER/REPO#N`, or the issue's URL. */
const reference = String.raw`(?:${slug}#${number}|https://github\.com/${slug}/issues/${number})`;
/** GitHub's own closing keywords as whole words: `prefixes` is none. Several issues may follow one of them. */
const fixes = new RegExp(
  String.raw`(?<![\w-])(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?[ \t]+${reference}(?:(?:,[ \t]*|[ \t]+)(?:and[ \t]+)?${reference})*`,
  "gi",
);
/** Nothing may stand before it that would make it a part of something longer. */
const anyReference = new RegExp(String.raw`(?<![\w./-])${reference}`, "gi");
const parts = /^(?:https:\/\/github\.com\/)?([^/]+\/[^/#]+)(?:#|\/issues\/)([0-9]+)$/i;

/** Lines as they are searched; a line has a length, so that no pattern can be made to work for long. */
function lines(messages: readonly Message[]): readonly string[] {
  return messages.flatMap(({ subject, body }) => [subject, ...body.split("\n")]).map((line) => line.slice(0, 2000));
}

function numbersIn(text: string, repository: string): readonly number[] {
  return [...text.matchAll(anyReference)].flatMap(([found]) => {
    const [, where, issue] = parts.exec(found) ?? [];
    return where?.toLowerCase() === repository.toLowerCase() ? [Number(issue)] : [];
  });
}

const distinct = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)];

/**
 * The issues of `repository` (`OWNER/REPO`, compared without case) that the commits say they fix, close or resolve,
 * each once, in the order of the commits. An issue of any other repository is not ours to touch.
 */
export function fixedIssues(messages: readonly Message[], repository: string): readonly number[] {
  const claims = lines(messages).flatMap((line) => [...line.matchAll(fixes)].map(([claim]) => claim));
  return distinct(claims.flatMap((claim) => numbersIn(claim, repository)));
}

/** The issues of `repository` that the commits name at all. */
export function namedIssues(messages: readonly Message[], repository: string): readonly number[] {
  return distinct(lines(messages).flatMap((line) => numbersIn(line, repository)));
}
