import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseBuildersList } from "../../src/formats/builder-yml/index.ts";
import { agentSettings } from "../../src/programs/agent/settings.ts";
import { parseConfiguration, qrexecSettings } from "../../src/programs/configuration.ts";
import { logReceiverSettings } from "../../src/programs/log-receiver/settings.ts";
import { readBuildVms } from "../../src/programs/receiver/build-vms.ts";
import { receiverSettings } from "../../src/programs/receiver/settings.ts";
import { goldenDescription, type RenderedOnDisk, renderToDisk } from "../support/rendered-folder.ts";

let folder: RenderedOnDisk;
beforeAll(() => {
  folder = renderToDisk(
    goldenDescription.replace("build-infra:\n", "build-infra:\n  webhook_secret: a-webhook-secret-of-some-length\n"),
  );
});
afterAll(() => folder.remove());

/** A qube's configuration, as its program would read it at home, its files where they were rendered. */
function configuration(qube: string) {
  const settings = "/home/user/.config/release-bot";
  const text = folder
    .read(`${qube}${settings}/config.yml`)
    .replaceAll(settings, folder.at(`${qube}${settings}`))
    .replaceAll("/home/user/.local", folder.at(`${qube}/home/user/.local`));
  return parseConfiguration(folder.at(`${qube}${settings}/config.yml`), text);
}

describe("the rendered configurations are what the programs read", () => {
  it("of the receiver, with its list of build qubes and its secret", () => {
    const settings = receiverSettings(configuration("sys-net"), {});
    expect(settings.secret).toBe("a-webhook-secret-of-some-length");
    expect(readBuildVms(settings.buildVmsList)).toEqual(["build-fedora", "build-debian", "build-win", "build-old"]);
  });

  it.each(["fedora", "debian", "win", "old"])("of the agent of %s, with its builders", (name) => {
    const file = configuration(`build-${name}`);
    const settings = agentSettings(file, {});
    expect(settings.qube).toBe(`build-${name}`);
    expect(settings.sign["keys-qube"]).toBe(`keys-${name}`);
    expect(qrexecSettings(file, {})).toEqual({ transport: "qubes", servicesDirectory: "/run/release-bot/rpc" });
    const list = folder.read(`build-${name}/home/user/.config/release-bot/builders.list`);
    expect(parseBuildersList("builders.list", list).problems).toEqual([]);
  });

  it("of exactly one agent that answers what no environment serves", () => {
    const answering = ["fedora", "debian", "win", "old"].filter(
      (name) => agentSettings(configuration(`build-${name}`), {})["answers-unknown"],
    );
    expect(answering).toEqual(["fedora"]);
  });

  it.each([
    ["logs", ["build-fedora", "build-debian", "build-old"]],
    ["logs-win", ["build-win"]],
  ])("of the log receiver in %s, which unlocks its own build qubes only", (logs, served) => {
    const settings = logReceiverSettings(configuration(logs), {});
    expect(settings).toMatchObject({ acknowledge: served, ack: "push" });
    expect(settings.remote).toBe("git@github.com:QubesOS/build-logs.git");
  });

  it.each(["fedora", "debian", "old"])("of the key gate of %s, which starts with them", async (name) => {
    const root = mkdtempSync(join(tmpdir(), "rb-kg-"));
    mkdirSync(join(root, "rpc"));
    mkdirSync(join(root, "state"));
    const [, options = ""] = folder
      .read(`keys-${name}/home/user/.config/release-bot/key-gate`)
      .split("KEY_GATE_OPTIONS=");
    const words = options
      .trim()
      .replace("/run/release-bot/rpc", join(root, "rpc"))
      .replace("/home/user/.local/state/release-bot/key-gate", join(root, "state"))
      .split(" ");
    const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");
    const gate = spawn(process.execPath, [program, "key-gate", ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const ended = new Promise((resolve) => gate.once("close", resolve));
    await new Promise<void>((resolve) => {
      gate.once("exit", () => resolve());
      for (const stream of [gate.stdout, gate.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes("ready")) resolve();
        });
      }
    });
    gate.kill("SIGTERM");
    await ended;
    rmSync(root, { recursive: true, force: true });
    expect(said).toBe("ready\n");
  });
});
