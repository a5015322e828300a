import type { Announcement } from "./announcement.ts";

/** A checkpoint of a log: what its first `length` bytes are, and the commit that says so. */
export interface Checkpoint {
  readonly log: string;
  readonly length: number;
  readonly sha256: string;
  readonly commit: string;
}

/** What `qubesbuilder.LogReceived` takes at most on its standard input. */
const longestAcknowledgement = 65_536;

/** The input of one `qubesbuilder.LogReceived` call: JSON lines, the checkpoint first, then each announcement. */
export function renderAcknowledgement(checkpoint: Checkpoint, announcements: readonly Announcement[]): string {
  const { log, length, sha256, commit } = checkpoint;
  const lines: object[] = [{ log, length, sha256, commit }];
  for (const { kind, key, sha256, length, name } of announcements)
    lines.push({ sign: kind, key, sha256, length, name });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** How many announcements of the longest form fit into one acknowledgement. */
export const announcementsAtOnce = Math.floor((longestAcknowledgement - 512) / 512);
