/** What can go wrong with the world outside the program. */
export type AdapterErrorCode =
  | "TIMEOUT"
  | "UNREACHABLE"
  | "DENIED"
  | "NOT_FOUND"
  | "EXIT_STATUS"
  | "DISK_FULL"
  | "READ_ONLY"
  | "UNEXPECTED_ANSWER"
  | "SIGNER_FAILED"
  | "TOOL_MISSING"
  | "CONFIGURATION";

/** A fault of the world (a disk, a network, a program): may go away by itself, is never a bug of ours. */
export class AdapterError extends Error {
  override readonly name = "AdapterError";
  readonly code: AdapterErrorCode;

  constructor(code: AdapterErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
