import { join } from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { refreshCheckouts } from "../../../src/programs/agent/checkouts.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("the checkouts that a builder lives from", () => {
  it.each([
    ["its own directory", "builderv2", true],
    ["what its directory lies in", "", true],
    ["what its configuration includes from", "r4.3/sources/release-configs", true],
    ["what its configuration lies in", "r4.3", true],
    ["another builder's configuration", "r4.2/sources/release-configs", false],
    ["a directory whose name begins the same", "builder", false],
  ])("%s: %s", async (_what, checkout, wanted) => {
    const root = temporaryDirectory();
    const updates = await refreshCheckouts(
      {
        checkouts: [{ directory: join(root, checkout), branch: "main", maintainers: [], keys: root }],
        environment: { PATH: process.env["PATH"] ?? "" },
        log: pino({ enabled: false }),
      },
      { directory: join(root, "builderv2"), configurationFile: join(root, "r4.3/builder.yml") },
      AbortSignal.timeout(240_000),
    );
    // None of them is a checkout: those that are looked at are kept as they are.
    expect(updates.map(({ kind }) => kind)).toEqual(wanted ? ["kept"] : []);
  });
});
