import { defineConfig } from "vitest/config";

/** The long proofs, in full: `npm run soak`. One file at a time, so that what one measures another does not disturb. */
export default defineConfig({
  test: {
    include: ["test/**/*.soak.test.ts"],
    globalSetup: "test/support/tidy-up.ts",
    testTimeout: 4 * 3_600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 240_000 } },
    pool: "forks",
    maxWorkers: 1,
    reporters: ["verbose", "./test/support/closing-line.ts"],
  },
});
