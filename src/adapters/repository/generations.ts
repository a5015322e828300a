/**
 * Which hash-named files former metadata referred to. A client that holds former metadata may still ask for them, so they
 * stay for two generations, and, where changes follow one another quickly, for as long as a slow client may take.
 */
import { AdapterError } from "../../domain/index.ts";

const kept = 2;
const keptForMs = 10 * 60_000;
/** However quickly changes follow one another: a large repository's metadata is tens of megabytes a generation. */
const most = 50;

interface Generation {
  /** When other metadata took its place, in milliseconds since 1970. */
  readonly replacedAt: number;
  readonly files: readonly string[];
}

/** What stays for clients that hold former metadata. */
export interface Generations {
  /** After a commit: the state to keep, and the files that nobody needs any more. */
  next(
    rendering: { readonly refersTo: readonly string[]; readonly formerlyReferredTo: readonly string[] },
    now: Date,
  ): {
    readonly text: string;
    readonly retired: readonly string[];
  };
}

/** Reads the state; null where there is none yet. Throws AdapterError `UNEXPECTED_ANSWER`. */
export function parseGenerations(bytes: Uint8Array | null): Generations {
  const former: unknown = bytes === null ? [] : JSON.parse(Buffer.from(bytes).toString("utf8"));
  if (!Array.isArray(former) || !former.every(isGeneration)) {
    throw new AdapterError("UNEXPECTED_ANSWER", "a repository's list of generations is not one that release-bot wrote");
  }
  return {
    next: ({ refersTo, formerlyReferredTo }, now) => {
      const all = [{ replacedAt: now.getTime(), files: formerlyReferredTo }, ...former];
      const isKept = ({ replacedAt }: Generation, index: number): boolean =>
        index < kept || (index < most && now.getTime() - replacedAt < keptForMs);
      const stay = all.filter(isKept);
      const needed = new Set([...refersTo, ...stay.flatMap(({ files }) => files)]);
      const retired = all.flatMap(({ files }) => files).filter((path) => !needed.has(path));
      return { text: JSON.stringify(stay), retired: [...new Set(retired)] };
    },
  };
}

function isGeneration(value: unknown): value is Generation {
  const { replacedAt, files } = Object(value) as Partial<Generation>;
  return typeof replacedAt === "number" && Array.isArray(files) && files.every((path) => typeof path === "string");
}
