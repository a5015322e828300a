import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { takeBuilderLock } from "../../src/programs/builder-lock.ts";
import { LogChain } from "../support/log-chain.ts";
import { runTool } from "../support/tool.ts";
import { tryToolAsync } from "../support/tool-async.ts";

const entry = join(import.meta.dirname, "../../src/programs/release-bot.ts");
let chain: LogChain;
let builder = "";
let config = "";

beforeAll(async () => {
  chain = await LogChain.start();
  builder = join(chain.directory, "build-fedora/builder");
  mkdirSync(builder);
  mkdirSync(join(chain.directory, "build-fedora/keys"));
  writeFileSync(join(chain.directory, "build-fedora/builders.list"), "");
  writeFileSync(join(chain.directory, "build-fedora/token"), "none\n");
  config = join(chain.directory, "build-fedora/config.yml");
  const agent = {
    qube: "build-fedora",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    sign: { via: "key-gate", "keys-qube": "keys-fedora" },
    github: { "token-file": "token" },
  };
  const qrexec = { transport: "local", socket: chain.socket("build-fedora"), "services-dir": "rpc" };
  writeFileSync(config, stringify({ qrexec, agent }));
});
afterAll(() => chain.stop());

const run = (...command: string[]) =>
  tryToolAsync(process.execPath, [
    entry,
    "run",
    "--config",
    config,
    "--builder",
    builder,
    "--label",
    "hand",
    "--",
    ...command,
  ]);

/** The log in the logs repository that the program names. */
function logOf(stderr: string): string {
  const path = /^log: (\S+)$/m.exec(stderr)?.[1] ?? "";
  return runTool("git", ["-C", chain.remote, "show", `master:${path}`]).toString();
}

describe("release-bot run", () => {
  it("runs a command with its output in a log at the logs qube, and answers its status", async () => {
    const good = await run("printf", "%s\n", "by hand; $(id)");
    expect([good.status, good.stdout.toString()], good.stderr).toEqual([0, "by hand; $(id)\n"]);
    const log = logOf(good.stderr);
    expect(log).toMatch(/> by hand: printf %s {1,2}by hand/);
    expect(log).toContain("| by hand; $(id)");
    const bad = await run("sh", "-c", "echo no >&2; exit 7");
    expect([bad.status, bad.stderr]).toEqual([7, expect.stringContaining("no\n")]);
    expect(logOf(bad.stderr)).toContain("> ended with status 7");
  });

  it("signs through the key gate, announced in that log", async () => {
    writeFileSync(join(chain.directory, "data"), "to be signed");
    const script = `"$RELEASE_BOT_GPG_CLIENT" --batch --armor --detach-sign --local-user ${chain.key} --output ${chain.directory}/data.asc ${chain.directory}/data`;
    const { status, stderr } = await run("sh", "-c", script);
    expect(status, stderr).toBe(0);
    expect(logOf(stderr)).toMatch(new RegExp(`> sign detach ${chain.key} sha256:[0-9a-f]{64} 12 `));
    chain.keysHome.gpg(["--verify", join(chain.directory, "data.asc"), join(chain.directory, "data")]);
  });

  it("does not run beside somebody who holds the builder's lock", async () => {
    const held = await takeBuilderLock(builder);
    const refused = await run("echo", "beside");
    await held?.release();
    expect([refused.status, refused.stdout.toString()]).toEqual([75, ""]);
    expect(refused.stderr).toContain("somebody else holds");
  });

  it("says how it is used", async () => {
    const without = await tryToolAsync(process.execPath, [entry, "run", "echo"]);
    expect(without.status).toBe(2);
    expect((await tryToolAsync(process.execPath, [entry, "run", "--help"])).stdout.toString()).toContain("-- COMMAND");
  });
});
