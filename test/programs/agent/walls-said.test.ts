import { describe, expect, it } from "vitest";
import { agentSettings } from "../../../src/programs/agent/settings.ts";
import { sayWalls } from "../../../src/programs/agent/world.ts";
import { parseConfiguration } from "../../../src/programs/configuration.ts";
import type { Logger } from "../../../src/programs/logging.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** What the agent says of walls at its start, by a machine with that PATH. */
async function said(isolation: string, path: string | undefined): Promise<readonly string[]> {
  const text = `agent: {qube: build-a, state-dir: ${temporaryDirectory()}, builders-list: b, keyring: k, native: {isolation: ${isolation}}, github: {token-file: t}}\n`;
  const lines: string[] = [];
  const say = (level: string) => (first: unknown, second?: string) =>
    lines.push(`${level}: ${second ?? String(first)}`);
  const log = { info: say("info"), warn: say("warn") } as unknown as Logger;
  await sayWalls({ settings: agentSettings(parseConfiguration("/c.yml", text), {}), environment: { PATH: path } }, log);
  return lines;
}

describe("what the agent says of walls at its start", () => {
  it("warns where isolation is none and the machine gives none, and not where it gives them all the same", async () => {
    expect(await said("none", "/nowhere")).toEqual(["warn: native builds run without walls: only a lab may do so"]);
    expect(await said("none", process.env["PATH"])).toEqual([
      "info: native builds run behind walls, though the configuration asks for none",
    ]);
  });

  it("says nothing where walls are asked for: without them each build is refused with that", async () => {
    expect(await said("namespaces", "/nowhere")).toEqual([]);
  });
});
