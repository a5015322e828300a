/** How far a piece of work is, as it tells whoever watches; nothing hangs on it. */
export interface Progress {
  /** What is being done: `hashes the packages`. */
  readonly what: string;
  /** So many steps, packages or files are done. */
  readonly done: number;
  /** Null where nobody knows how many there are. */
  readonly total: number | null;
  /** How far the next one of them is, where it is large. */
  readonly part?: { readonly done: number; readonly total: number; readonly unit: "bytes" | "steps" };
}

/** Is told now and then. */
export type Tell = (progress: Progress) => void;
