import { type DropReason, extractBlocks } from "../../../signed/index.ts";

const dropSentences: Readonly<Record<DropReason, string>> = {
  indented: "a signed message is indented: it is not taken; every line of it must start at the left",
  quoted: "a signed message stands in a quotation ('> '): it is not taken",
  "inside-a-line": "a signed message begins in the middle of a line: it is not taken",
  "not-ascii": "a signed message holds a character that is not ASCII (it may be invisible): it is not taken",
  unterminated: "a signed message has no '-----END PGP SIGNATURE-----': it is not taken",
  "too-many": "more than ten signed messages: only the first ten are taken",
};

/** Sentences on what GitHub and the receiver will make of a comment: for its author, before it is posted. */
export function explainComment(untrustedBody: string): readonly string[] {
  const { dropped } = extractBlocks(untrustedBody);
  const notes = dropped.map(({ reason, line, count }) => {
    const often = count > 1 ? ` (${count} times)` : "";
    return `line ${line}: ${dropSentences[reason]}${often}`;
  });
  const lines = untrustedBody.split("\n");
  const first = lines.findIndex((line) => line.startsWith("-----BEGIN PGP SIGNED MESSAGE-----"));
  if (first === -1) return notes;
  if (lines.some((line) => line.endsWith("\r"))) {
    notes.push("note: lines end with CR LF, as GitHub sends them; the receiver turns them back into LF");
  }
  const blank = lines.findIndex((line, index) => index >= first && /[ \t]\r?$/.test(line.slice(-3)));
  if (blank !== -1) {
    notes.push(`note: line ${blank + 1} ends with blanks; the receiver drops them, and no signature covers them`);
  }
  if (isFenced(lines, first)) notes.push("note: the message stands in a ``` fence; it is taken all the same");
  return notes;
}

/** Whether a fence is open before that line. */
function isFenced(lines: readonly string[], before: number): boolean {
  return lines.slice(0, before).filter((line) => /^ {0,3}(```|~~~)/.test(line)).length % 2 === 1;
}
