/** What one measurement found. `ratio` is how many times better than `baseline`, which was measured in the same run. */
export interface Measured {
  /** The median of at least three runs. */
  readonly value: number;
  readonly unit: string;
  readonly goal: { readonly on: "value" | "ratio"; readonly op: "<=" | ">="; readonly than: number };
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly note: string;
}

/** One figure of a group: its name for good, and how to measure it. Fixtures are made once, kept, and not timed. */
export interface Figure {
  readonly name: string;
  measure(): Promise<Measured>;
}

/** The middle value; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("no value was measured");
  return middle;
}
