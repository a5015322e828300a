import { parseQubeName, type QubeName } from "../../domain/index.ts";
import { type CallName, fullCallName, parseCallName } from "./call-name.ts";

/** What the agent tells a socket service before the caller's input: `SERVICE+ARGUMENT SOURCE`, ended by a NUL. */
export interface CallHeader extends CallName {
  /** Who calls: the one word of a call that the caller cannot choose. */
  readonly source: QubeName;
}

/** The longest header, its NUL counted: a call's name, a blank, a qube's name. */
export const longestCallHeader = 1040;

/** Writes the header as the agent sends it. */
export function formatCallHeader(header: CallHeader): Buffer {
  return Buffer.from(`${fullCallName(header)} ${header.source}\0`, "latin1");
}

/** Parses a header without its NUL; null where it is none. */
export function parseCallHeader(untrusted: Uint8Array): CallHeader | null {
  if (untrusted.length >= longestCallHeader) return null;
  const words = Buffer.from(untrusted).toString("latin1").split(" ");
  const [untrustedName, untrustedSource] = words;
  if (words.length !== 2 || untrustedName === undefined || untrustedSource === undefined) return null;
  const name = parseCallName(untrustedName);
  const source = parseQubeName(untrustedSource);
  return name === null || source === null ? null : { ...name, source };
}
