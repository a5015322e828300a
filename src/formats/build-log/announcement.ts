/**
 * The line by which a log says, before a signature is made, what is going to be signed:
 * `> sign detach|clear KEY sha256:HEX LENGTH NAME`. Only such a line, received whole and at the start of a line, unlocks
 * anything at the keys qube.
 */

import { parseTraceId, type TraceId } from "../../domain/index.ts";

/** What is about to be signed. */
export interface Announcement {
  readonly kind: "detach" | "clear";
  /** The primary or subkey fingerprint: 40 upper-case hex digits. */
  readonly key: string;
  /** SHA-256 of the exact bytes: 64 lower-case hex digits. */
  readonly sha256: string;
  /** How many bytes they are. */
  readonly length: number;
  /** `[A-Za-z0-9._+~-]{1,128}` */
  readonly name: string;
}

/** The longest line that can announce, without its line feed. */
export const longestAnnouncement = 1024;

const pattern =
  /^> sign (detach|clear) ([0-9A-F]{40}) sha256:([0-9a-f]{64}) (0|[1-9][0-9]{0,14}) ([A-Za-z0-9._+~-]{1,128})$/;

/** The line, without its line feed. Throws RangeError for a value that would not be read back as it is. */
export function renderAnnouncement(announcement: Announcement): string {
  const { kind, key, sha256, length, name } = announcement;
  const line = `> sign ${kind} ${key} sha256:${sha256} ${length} ${name}`;
  // What could not be parsed again must not be announced: a name with a line feed would be two lines.
  if (parseAnnouncement(line) === null) throw new RangeError("an announcement has a field of the wrong form");
  return line;
}

/** Parses a whole line without its line feed; null for every line that is no announcement. */
export function parseAnnouncement(untrustedLine: string): Announcement | null {
  if (untrustedLine.length > longestAnnouncement) return null;
  const parts = pattern.exec(untrustedLine);
  if (parts === null) return null;
  const [, kind, key, sha256, length, name] = parts;
  if (key === undefined || sha256 === undefined || name === undefined) return null;
  return { kind: kind === "detach" ? "detach" : "clear", key, sha256, length: Number(length), name };
}

/** The name with the id of the command that it is signed for before it: whoever looks for the id finds the signature, too. */
export function tracedName(trace: TraceId, name: string): string {
  return `${trace}~${name.slice(-(128 - trace.length - 1))}`;
}

/** The agent's own line that says for which command a log is; without `> `. */
export function renderTraceLine(trace: TraceId): string {
  return `id ${trace}`;
}

/** Parses such a line as it is sent, with `> `; null for any other. */
export function parseTraceLine(untrustedLine: string): TraceId | null {
  return untrustedLine.startsWith("> id ") ? parseTraceId(untrustedLine.slice("> id ".length)) : null;
}

/** A file's name as an announcement can carry it: other characters become `_`, and what is too long loses its beginning. */
export function announcedName(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9._+~-]/g, "_").slice(-128);
  return clean === "" ? "data" : clean;
}
