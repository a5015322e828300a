import type { LogPath } from "../domain/index.ts";

/** What is about to be signed, as the log announces it before the key gate will sign it. */
export interface Announcement {
  readonly kind: "detach" | "clear";
  /** The key as the request names it: a fingerprint. */
  readonly key: string;
  /** SHA-256 of the exact bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly length: number;
  /** `[A-Za-z0-9._+~-]{1,128}` */
  readonly name: string;
}

/** How a job ended, as its log's last lines say. */
export type LogOutcome = "done" | "failed";

/** The log of one job, open until the job has published; it leaves the qube line by line. */
export interface JobLog {
  /** The agent's own line: `> text`. */
  note(text: string): void;
  /** Raw output of a build: split at line feeds, each line prefixed, so that it can never begin with `> `. Applies back-pressure. */
  output(untrustedChunk: Uint8Array): Promise<void>;
  /** Writes `> sign KIND KEY sha256:HEX LENGTH NAME` as a line of its own. */
  announce(announcement: Announcement): Promise<void>;
  /** A unix socket on which `release-bot gpg-client` (env RELEASE_BOT_LOG_SOCKET) announces into this log. */
  readonly socketPath: string;
  /** The last 30 lines, at most 3,500 characters, raw. */
  tail(): string;
  /** Ends the log. Null where the log service did not answer in time or answered no path: the log is then lost or late, and that is said. */
  close(outcome: LogOutcome): Promise<LogPath | null>;
  /** Settles (never rejects) when the log service has gone away: what follows cannot be logged, so nothing may be signed. */
  readonly broken: Promise<string>;
}

/** Opens logs at the logs qube. */
export interface LogService {
  /** `label` becomes part of the log's path (`[A-Za-z0-9_-]`); throws AdapterError where no log can be had. */
  open(label: string): Promise<JobLog>;
}
