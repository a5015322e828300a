/**
 * Cuts the clear-signed blocks out of a comment, as the receiver does before it hands them on, the agent when it reads
 * comments by itself, and `verify` at home. One pass over the text: the comment is anybody's, and a pattern that looks
 * again at what it has seen lets 65,000 blanks hold a worker for seconds.
 */

const begin = "-----BEGIN PGP SIGNED MESSAGE-----";
const end = "-----END PGP SIGNATURE-----";

/** At most so many blocks of one comment are taken. */
const mostBlocks = 10;

/** Why something that looks like a block is none, or is not taken. */
export type DropReason =
  /** White space before its first line: Markdown makes a code block of it, and nobody signs what is shown differently. */
  | "indented"
  /** In a quotation (`> `): the words of an earlier comment. */
  | "quoted"
  /** Something else before it on its line. */
  | "inside-a-line"
  /** A character that is not ASCII: it may look like another one, or like nothing. */
  | "not-ascii"
  /** No end line follows. */
  | "unterminated"
  /** After the tenth. */
  | "too-many";

/** What was dropped for one reason: how often, and the line (from 1) where it first happened. */
export interface DroppedBlock {
  readonly reason: DropReason;
  readonly line: number;
  readonly count: number;
}

/** The blocks of a comment in order, each with one line feed at its end and none of GitHub's carriage returns. */
export interface ExtractedBlocks {
  readonly blocks: readonly string[];
  readonly dropped: readonly DroppedBlock[];
}

/** Cuts out the blocks. Time is linear in the length of the body, whatever it holds. */
export function extractBlocks(untrustedBody: string): ExtractedBlocks {
  // Nearly every comment is one that nobody signed.
  if (!untrustedBody.includes(begin)) return { blocks: [], dropped: [] };
  const blocks: string[] = [];
  const dropped = new Map<DropReason, DroppedBlock>();
  const drop = (reason: DropReason, line: number): void => {
    const before = dropped.get(reason);
    dropped.set(reason, before === undefined ? { reason, line, count: 1 } : { ...before, count: before.count + 1 });
  };

  let open: { readonly line: number; readonly lines: string[] } | null = null;
  let number = 0;
  for (const raw of untrustedBody.split("\n")) {
    number += 1;
    const line = withoutTrailingBlanks(raw);
    if (open === null) {
      if (line.startsWith(begin)) open = { line: number, lines: [] };
      else {
        const why = lookAlike(line);
        if (why !== null) drop(why, number);
        continue;
      }
    }
    const cut = line.indexOf(end);
    open.lines.push(cut === -1 ? line : line.slice(0, cut + end.length));
    if (cut === -1) continue;
    const block = `${open.lines.join("\n")}\n`;
    if (!isAscii(block)) drop("not-ascii", open.line);
    else if (blocks.length === mostBlocks) drop("too-many", open.line);
    else blocks.push(block);
    open = null;
  }
  if (open !== null) drop("unterminated", open.line);
  return { blocks, dropped: [...dropped.values()] };
}

function lookAlike(line: string): DropReason | null {
  const at = line.indexOf(begin);
  if (at === -1) return null;
  const before = line.slice(0, at).trim();
  if (before === "") return "indented";
  return before.startsWith(">") ? "quoted" : "inside-a-line";
}

/** Backwards from the end, each character once: `/\s+$/` would try again from every blank of a long run. */
function withoutTrailingBlanks(line: string): string {
  let length = line.length;
  while (length > 0 && isBlank(line.charCodeAt(length - 1))) length -= 1;
  return line.slice(0, length);
}

/** ASCII white space: tab, vertical tab, form feed, carriage return, space. Others make the block not ASCII. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || (code >= 0x0b && code <= 0x0d);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
