import { type LogPath, parseQubeName, type QubeName } from "../../domain/index.ts";

/** What a caller may have in a label; the rest is left out, and 64 characters are enough. */
export function reduceLabel(untrustedLabel: string): string {
  const label = untrustedLabel.replace(/[^A-Za-z0-9_-]/g, "").slice(0, 64);
  return label === "" ? "unnamed" : label;
}

/** The path of a log that starts now; `attempt` counts the logs of the same second, from 0. */
export function logPath(caller: QubeName, label: string, startMs: number, attempt: number): LogPath {
  const second = new Date(startMs).toISOString().slice(0, 19).replace("T", "_").replace(/:/g, "-");
  return `${caller}/${label}/log_${second}${attempt === 0 ? "" : `.${attempt}`}` as LogPath;
}

const pattern =
  /^([^/]{1,31})\/([A-Za-z0-9_-]{1,64})\/log_[0-9]{4}(?:-[0-9]{2}){2}_[0-9]{2}(?:-[0-9]{2}){2}(?:\.[0-9]{1,6})?$/;

/** Parses `CALLER/LABEL/log_YYYY-MM-DD_HH-MM-SS[.N]`, as the log service answers it; null for everything else. */
export function parseLogPath(untrusted: string): LogPath | null {
  if (untrusted.length > 160) return null;
  const caller = pattern.exec(untrusted)?.[1];
  return caller !== undefined && parseQubeName(caller) !== null ? (untrusted as LogPath) : null;
}
