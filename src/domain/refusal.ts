/** Every reason for which a signed command is refused. Closed: the documentation and a test list each one. */
export const refusalCodes = [
  "FRAME_INVALID",
  "SIGNATURE_INVALID",
  "VERIFIERS_DISAGREE",
  "SIGNER_UNKNOWN",
  "KEY_EXPIRED",
  "KEY_REVOKED",
  "SIGNATURE_TOO_OLD",
  "SIGNATURE_IN_FUTURE",
  "REPLAYED",
  "OUT_OF_ORDER",
  "COMMAND_UNKNOWN",
  "COMMAND_MALFORMED",
  "RELEASE_UNKNOWN",
  "COMPONENT_UNKNOWN",
  "TEMPLATE_UNKNOWN",
  "DISTRIBUTION_UNKNOWN",
  "REPOSITORY_UNKNOWN",
  "NOT_GRANTED",
  "TIMESTAMP_OUT_OF_RANGE",
  "STALE_COMMIT",
  "NOT_IN_TESTING",
  "TOO_YOUNG",
  "HELD",
  "BUGGY",
  "SUPERSEDED",
  "ALREADY_PUBLISHED",
  "PACKAGE_SIGNATURE_INVALID",
  "PACKAGE_CHANGED",
  "CLOCK_UNSURE",
] as const;

/** One of {@link refusalCodes}. */
export type RefusalCode = (typeof refusalCodes)[number];

/** Why a command is not carried out, and what its author can do about it. */
export interface Refusal {
  readonly code: RefusalCode;
  /** What it is about: a word of the command, a fingerprint, a package file. Untrusted text: escape it where it goes. */
  readonly subject: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do next; empty where nothing can be done. */
  readonly remedy: string;
}

/** Makes a {@link Refusal}. */
export function refusal(code: RefusalCode, subject: string, message: string, remedy = ""): Refusal {
  return { code, subject, message, remedy };
}
