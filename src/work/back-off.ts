/**
 * How long to wait before the next try, in milliseconds: doubled each time from `first`, at most `longest`, spread by a
 * quarter so that several qubes that came back together do not knock together. `random` is in [0, 1).
 */
export function backOff(
  tries: number,
  random: number,
  limits: { readonly first: number; readonly longest: number },
): number {
  const grown = Math.min(limits.longest, limits.first * 2 ** Math.min(tries, 30));
  return Math.round(grown * (0.75 + random / 2));
}
