/**
 * Statements are kept in logs of their own, as lines of the agent's: `> statement I/N JSON`. So they come into the logs
 * repository by the one way that there is, and the announcement of their signature stands beside them.
 */
import { type Announcement, parseAnnouncement } from "../formats/build-log/index.ts";
import { type Envelope, parseEnvelope, renderEnvelope } from "../formats/in-toto/index.ts";

/** Well below the length at which a line of a log is cut into fragments. */
const longestPiece = 48_000;

/** The lines, without `> `, that carry an envelope. */
export function statementLines(envelope: Envelope): string[] {
  const text = renderEnvelope(envelope);
  const count = Math.max(1, Math.ceil(text.length / longestPiece));
  return Array.from({ length: count }, (_, index) => {
    const piece = text.slice(index * longestPiece, (index + 1) * longestPiece);
    return `statement ${index + 1}/${count} ${piece}`;
  });
}

/** What a log of statements holds. */
export interface StatementLog {
  /** Null for one that is not written as it should be. */
  readonly envelopes: readonly (Envelope | null)[];
  readonly announcements: readonly Announcement[];
}

const stamped = /^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{6} \+0000 [A-Za-z0-9_.-]{1,31}: (> .*)$/;

/** Reads a log's text. */
export function readStatementLog(untrustedText: string): StatementLog {
  const envelopes: (Envelope | null)[] = [];
  const announcements: Announcement[] = [];
  let pieces = "";
  let expected = 1;
  for (const line of untrustedText.split("\n")) {
    const own = stamped.exec(line)?.[1];
    if (own === undefined) continue;
    const announcement = parseAnnouncement(own);
    if (announcement !== null) announcements.push(announcement);
    const piece = /^> statement ([0-9]{1,3})\/([0-9]{1,3}) (.*)$/.exec(own);
    if (piece === null) {
      // A line that wants to be a statement and is none is one that somebody changed.
      if (own.startsWith("> statement")) envelopes.push(null);
      continue;
    }
    const [, index, count, text = ""] = piece;
    pieces = Number(index) === expected ? pieces + text : "";
    expected = Number(index) + 1;
    if (index !== count) continue;
    envelopes.push(parseEnvelope(pieces));
    pieces = "";
    expected = 1;
  }
  return { envelopes, announcements };
}
