/**
 * Other people's text on its way into GitHub's Markdown. Commit subjects, log tails, reasons and names are chosen by
 * whoever gets a commit built; none of them may mention a person, refer to somebody's issue, close a fence, forge one of
 * our markers or look like a command line that a script would offer for signing.
 */

/** Keeps words apart for GitHub, and invisible for people: U+2060, word joiner. */
const joiner = "\u2060";
const commandWord = /\b(Upload|Build|Hold|Unhold|Withdraw)(?=-[a-z]|\s+(?:r[0-9]|devel\b))/gi;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const escapeSequence = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** One line of text that renders as what it says, and does nothing. At most `longest` characters. */
export function plainText(untrusted: string, longest = 300): string {
  const line = untrusted.replace(escapeSequence, "").replace(/\s+/g, " ").replace(controls, "").trim();
  const cut = line.length > longest ? `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, "")}…` : line;
  return (
    cut
      // Code spans are where command lines are offered; a subject gets none.
      .replaceAll("`", "'")
      .replace(commandWord, (word) => `${word.slice(0, 1)}${joiner}${word.slice(1)}`)
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replace(/[\\*_[\]()|~!{}$]/g, "\\$&")
      .replace(/^([#+=-]|[0-9]{1,9}(?=[.)]))/, (start) => (/[0-9]/.test(start) ? `${start}\\` : `\\${start}`))
      .replace(/@(?=[A-Za-z0-9])/g, `@${joiner}`)
      .replace(/#(?=[0-9])/g, `#${joiner}`)
      .replace(/\bGH-(?=[0-9])/gi, `$&${joiner}`)
      .replace(/:\/\//g, `:${joiner}//`)
      .replace(/\bwww\./gi, `$&${joiner}`)
  );
}

/** Text in a code span: nothing in it is rendered or mentioned, and it cannot end the span. */
export function codeSpan(untrusted: string, longest = 300): string {
  const line = untrusted.replace(escapeSequence, "").replace(/\s+/g, " ").replace(controls, "").trim();
  return line === "" ? "(empty)" : `\`${line.slice(0, longest).replaceAll("`", "'")}\``;
}

/** A fenced block that the text itself cannot close: the fence is longer than any run of backticks in it. */
export function fenced(untrusted: string): string {
  const text = untrusted.replace(escapeSequence, "").replace(/\r\n?/g, "\n").replace(controls, "").trimEnd();
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** The last `lines` lines of a log, at most `characters` long, cut at the front. */
export function tailOf(untrusted: string, lines: number, characters: number): string {
  const last = untrusted.replace(/\s+$/, "").split("\n").slice(-lines).join("\n");
  return last.length <= characters ? last : last.slice(-characters).replace(/^[\udc00-\udfff]/, "");
}

/** A link's target as it may stand in Markdown's round brackets; null where it is not of a URL's plain alphabet. */
export function linkTarget(untrusted: string): string | null {
  return /^https?:\/\/[A-Za-z0-9._~:/?#@!$&'*+,;=%-]{1,2000}$/.test(untrusted) ? untrusted : null;
}
