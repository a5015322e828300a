/** Whether the long proofs run in full (`npm run soak`) or as a sample (`npm test`). */
export const isFullSoak = process.env["RELEASE_BOT_SOAK"] === "full";

/** The seed of this run's random choices, printed so that a failure can be repeated: `RELEASE_BOT_SEED=… vitest run FILE`. */
export function soakSeed(what: string): number {
  const seed = Number(process.env["RELEASE_BOT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`${what}: RELEASE_BOT_SEED=${seed}\n`);
  return seed;
}
