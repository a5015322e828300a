/**
 * Which hash-named files former metadata referred to. A client that holds former metadata may still ask for them, so they
 * stay for two generations.
 */
import { AdapterError } from "../../domain/index.ts";

const kept = 2;

/** What stays for clients that hold former metadata. */
export interface Generations {
  /** After a commit: the state to keep, and the files that nobody needs any more. */
  next(rendering: { readonly refersTo: readonly string[]; readonly formerlyReferredTo: readonly string[] }): {
    readonly text: string;
    readonly retired: readonly string[];
  };
}

/** Reads the state; null where there is none yet. Throws AdapterError `UNEXPECTED_ANSWER`. */
export function parseGenerations(bytes: Uint8Array | null): Generations {
  const former: unknown = bytes === null ? [] : JSON.parse(Buffer.from(bytes).toString("utf8"));
  const isList = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((path) => typeof path === "string");
  if (!Array.isArray(former) || !former.every(isList)) {
    throw new AdapterError("UNEXPECTED_ANSWER", "a repository's list of generations is not one that release-bot wrote");
  }
  return {
    next: ({ refersTo, formerlyReferredTo }) => {
      const all = [formerlyReferredTo, ...former];
      const stays = new Set([...refersTo, ...all.slice(0, kept).flat()]);
      const retired = all
        .slice(kept)
        .flat()
        .filter((path) => !stays.has(path));
      return { text: JSON.stringify(all.slice(0, kept)), retired: [...new Set(retired)] };
    },
  };
}
