/** Random numbers that a seed makes again (mulberry32): a failing test prints its seed. */
export function seeded(seed: number): (() => number) & { next(): number; below(limit: number): number } {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Object.assign(() => next(), { next, below: (limit: number) => Math.floor(next() * limit) });
}
