import type { Readable } from "node:stream";

/** What a caller's input came to. */
export type CallInput =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  /** More than the limit came; the rest was not kept. */
  | { readonly kind: "too-long" }
  /** The caller said nothing more for too long, or took too long in all. */
  | { readonly kind: "silent" }
  /** The connection broke. */
  | { readonly kind: "broken" };

/** Bounds of one call: a caller that sends nothing holds nothing. */
export interface InputLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Reads a caller's whole input, within limits. Never rejects. */
export function readInput(input: Readable, limits: InputLimits): Promise<CallInput> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (result: CallInput): void => {
      clearTimeout(timer);
      input.off("data", onData);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= limits.bytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        // The caller may go on until its pipe breaks: what it says is dropped.
        input.resume();
        end({ kind: "too-long" });
      }
    };
    const timer = setTimeout(() => end({ kind: "silent" }), limits.milliseconds);
    input.on("data", onData);
    input.once("end", () => end({ kind: "whole", bytes: Buffer.concat(chunks) }));
    input.once("error", () => end({ kind: "broken" }));
    input.once("close", () => end({ kind: "broken" }));
  });
}
