import { createHash } from "node:crypto";
import type { TraceId } from "../domain/index.ts";

/** The id that follows a command from webhook to comment: the first 12 hex digits of the signed block's SHA-256. */
export function traceOf(block: string | Uint8Array): TraceId {
  return createHash("sha256").update(block).digest("hex").slice(0, 12) as TraceId;
}
