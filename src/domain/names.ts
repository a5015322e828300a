/**
 * The names that appear in commands, configurations and paths, each with the one parser that makes it. All parsers are
 * allow-lists with anchors and a length; they answer null for what is not such a name, and the caller says why in its
 * own words.
 */
import type { Brand } from "./brand.ts";

/** A Qubes OS release: `r` then digits and dots (`r4.3`), or `devel`. */
export type Release = Brand<string, "Release">;
/** A component's name, without `qubes-`: `core-admin`. At most 64 characters. */
export type ComponentName = Brand<string, "ComponentName">;
/** A template's name: `debian-13-xfce`, or v1's `fc37+minimal`. At most 64 characters. */
export type TemplateName = Brand<string, "TemplateName">;
/** A git commit: 40 lower-case hex digits. */
export type CommitSha = Brand<string, "CommitSha">;
/** SHA-256 as 64 lower-case hex digits. */
export type Sha256 = Brand<string, "Sha256">;
/** An OpenPGP primary key's fingerprint: 40 upper-case hex digits. */
export type Fingerprint = Brand<string, "Fingerprint">;
/** A qube's name, as Qubes has it: a letter, then letters, digits, `_ . -`; at most 31 characters. */
export type QubeName = Brand<string, "QubeName">;
/** The first 12 hex digits of the signed block's SHA-256: follows a command from webhook to comment. */
export type TraceId = Brand<string, "TraceId">;

const matcher =
  <T extends Brand<string, string>>(pattern: RegExp, longest: number) =>
  (untrusted: string): T | null =>
    untrusted.length <= longest && pattern.test(untrusted) ? (untrusted as T) : null;

/** Parses a {@link Release}; `rdevel`, as builders.list spells it, is `devel`. */
export function parseRelease(untrusted: string): Release | null {
  if (untrusted === "devel" || untrusted === "rdevel") return "devel" as Release;
  return untrusted.length <= 16 && /^r[0-9]+(\.[0-9]+)*$/.test(untrusted) ? (untrusted as Release) : null;
}

/** Parses a {@link ComponentName}. */
export const parseComponentName = matcher<ComponentName>(/^[A-Za-z0-9][A-Za-z0-9_+-]*$/, 64);
/** Parses a {@link TemplateName}. */
export const parseTemplateName = matcher<TemplateName>(/^[A-Za-z0-9][A-Za-z0-9_+-]*$/, 64);
/** Parses a {@link CommitSha}. */
export const parseCommitSha = matcher<CommitSha>(/^[0-9a-f]{40}$/, 40);
/** Parses a {@link Sha256}. */
export const parseSha256 = matcher<Sha256>(/^[0-9a-f]{64}$/, 64);
/** Parses a {@link QubeName}. */
export const parseQubeName = matcher<QubeName>(/^[A-Za-z][A-Za-z0-9_.-]*$/, 31);
/** Parses a {@link TraceId}. */
export const parseTraceId = matcher<TraceId>(/^[0-9a-f]{12}$/, 12);

/** Parses a {@link Fingerprint}; either case is read, spaces are not. */
export function parseFingerprint(untrusted: string): Fingerprint | null {
  return /^[0-9A-Fa-f]{40}$/.test(untrusted) ? (untrusted.toUpperCase() as Fingerprint) : null;
}
