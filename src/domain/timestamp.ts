import type { Brand } from "./brand.ts";

/** A minute in UTC as `YYYYMMDDHHMM`, a real date. */
export type Timestamp = Brand<string, "Timestamp">;
/** A template's version: `4.3.0-202508191723`. */
export type TemplateVersion = Brand<string, "TemplateVersion">;
/** An ISO's version: `4.2.202303211327`, `4.3.0-rc1`. */
export type IsoVersion = Brand<string, "IsoVersion">;

/** Parses a {@link Timestamp}; null where it is no real minute. */
export function parseTimestamp(untrusted: string): Timestamp | null {
  if (!/^[0-9]{12}$/.test(untrusted)) return null;
  const date = timestampDate(untrusted as Timestamp);
  return formatTimestamp(date) === untrusted ? (untrusted as Timestamp) : null;
}

/** The instant at which the minute begins. */
export function timestampDate(timestamp: Timestamp): Date {
  const part = (from: number, to: number): number => Number(timestamp.slice(from, to));
  const date = new Date(0);
  date.setUTCFullYear(part(0, 4), part(4, 6) - 1, part(6, 8));
  date.setUTCHours(part(8, 10), part(10, 12));
  return date;
}

/** The minute that the instant lies in. */
export function formatTimestamp(date: Date): Timestamp {
  return date.toISOString().slice(0, 16).replace(/[-T:]/g, "") as Timestamp;
}

/** Parses a {@link TemplateVersion}: digits and dots, a dash, a {@link Timestamp}. */
export function parseTemplateVersion(untrusted: string): TemplateVersion | null {
  const parts = untrusted.length <= 64 ? /^[0-9]+(?:\.[0-9]+)*-([0-9]{12})$/.exec(untrusted) : null;
  return parts?.[1] !== undefined && parseTimestamp(parts[1]) !== null ? (untrusted as TemplateVersion) : null;
}

/** Parses an {@link IsoVersion}: digits and dots, or the same with `-rc` and digits. */
export function parseIsoVersion(untrusted: string): IsoVersion | null {
  return untrusted.length <= 64 && /^[0-9]+(?:\.[0-9]+)*(?:-rc[0-9]+)?$/.test(untrusted)
    ? (untrusted as IsoVersion)
    : null;
}
