import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildersSource, lineOf, queueOf } from "../../../src/programs/agent/builders.ts";
import { agentSettings } from "../../../src/programs/agent/settings.ts";
import { parseConfiguration } from "../../../src/programs/configuration.ts";
import { programLog } from "../../../src/programs/logging.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { makeV1Builder } from "../../support/v1-builder.ts";

function place() {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "builder"));
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write("base.yml", "qubes-release: r4.3\n");
  write("builder/builder.yml", "include:\n  - ../base.yml\ndistributions: [host-fc41]\n");
  write("builders.list", `r4.3=${directory}/builder=builder.yml\n`);
  const agent = { qube: "b", "builders-list": "builders.list", "trusted-keys": "k", github: { "token-file": "t" } };
  const configuration = parseConfiguration(join(directory, "config.yml"), JSON.stringify({ agent }));
  const log = programLog("test");
  log.level = "silent";
  return { directory, write, source: buildersSource(agentSettings(configuration, {}), log) };
}

describe("the builders, read anew for each command and job", () => {
  it("are parsed once as long as no byte has changed, and anew when one has", async () => {
    const { source, write } = place();
    const first = await source();
    expect(first.loaded[0]?.configuration.distributions.map(({ name }) => name)).toEqual(["host-fc41"]);
    expect(await source()).toBe(first);
    write("builder/builder.yml", "include:\n  - ../base.yml\ndistributions: [host-fc42]\n");
    expect((await source()).loaded[0]?.configuration.distributions.map(({ name }) => name)).toEqual(["host-fc42"]);
  });

  it("notice a change of what is included, though it has the same length", async () => {
    const { source, write } = place();
    expect((await source()).loaded.length).toBe(1);
    write("base.yml", "qubes-release: r4.2\n");
    const changed = await source();
    expect(changed.loaded).toEqual([]);
    expect(changed.broken).toEqual(["r4.3"]);
  });

  it("grant nothing once a file is gone", async () => {
    const { source, directory } = place();
    await source();
    rmSync(join(directory, "base.yml"));
    expect((await source()).loaded).toEqual([]);
    rmSync(join(directory, "builders.list"));
    expect(await source()).toEqual({ loaded: [], broken: [] });
  });

  it("ask a v1 builder's Makefile each time: what it reads besides builder.conf only make knows", async () => {
    const { source, directory, write } = place();
    const signer = "A".repeat(40);
    makeV1Builder(join(directory, "v1"), "RELEASE = 4.3\nDIST_DOM0 = fc41\ninclude grants.conf\n");
    write("v1/grants.conf", `ALLOWED_DISTS_${signer} = dom0\n`);
    write("builders.list", `r4.3=${directory}/v1\n`);
    const granted = async () => [...((await source()).loaded[0]?.configuration.grants.keys() ?? [])];
    expect(await granted()).toEqual([signer]);
    write("v1/grants.conf", "");
    expect(await granted()).toEqual([]);
    // Asking leaves nothing behind in a directory that is a predecessor's.
    expect(readdirSync(join(directory, "v1")).sort()).toEqual(["Makefile", "builder.conf", "grants.conf", "scripts"]);
  });

  it("share a queue where they share a directory, and are told apart by their line", async () => {
    const { source, directory, write } = place();
    write("builder/second.yml", "include:\n  - ../base.yml\ndistributions: [vm-bookworm]\n");
    write("builders.list", ["builder.yml", "second.yml"].map((file) => `r4.3=${directory}/builder=${file}\n`).join(""));
    const { loaded } = await source();
    expect(new Set(loaded.map(queueOf)).size).toBe(1);
    expect(new Set(loaded.map(lineOf)).size).toBe(2);
  });
});
