import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveMetrics } from "../../src/programs/log-receiver/metrics.ts";
import { makeAgentPlace, type RunningProgram, startReleaseBot } from "../support/agent-program.ts";
import { freePort } from "../support/free-port.ts";
import { GpgHome } from "../support/gpg-home.ts";

let home: GpgHome;
let agent: RunningProgram;
let receiver: RunningProgram;
let exported = "";
const directory = mkdtempSync(join(tmpdir(), "rb-metrics-"));

const monitored = (program: RunningProgram): string => {
  const port = /"monitor":\{"host":"127\.0\.0\.1","port":(\d+)\}/.exec(program.said())?.[1];
  if (port === undefined) throw new Error(`it says no monitor: ${program.said()}`);
  return `http://127.0.0.1:${port}/metrics`;
};
const read = async (url: string): Promise<string> => (await fetch(url)).text();

beforeAll(async () => {
  home = new GpgHome();
  const place = join(directory, "agent");
  mkdirSync(place);
  makeAgentPlace(place, home, home.makeKey(), 1);
  const file = join(place, "config.yml");
  const config = JSON.parse(readFileSync(file, "utf8"));
  config.agent.monitor = { host: "127.0.0.1", port: 0 };
  writeFileSync(file, JSON.stringify(config));
  agent = await startReleaseBot(["agent", "--config", file]);
  writeFileSync(join(directory, "secret"), "0123456789abcdef\n");
  writeFileSync(join(directory, "vms"), "build-a\n");
  const settings = {
    listen: { host: "127.0.0.1", port: 0 },
    monitor: { host: "127.0.0.1", port: 0 },
    "webhook-secret-file": "secret",
    "build-vms-list": "vms",
    "state-dir": "state",
    owners: ["QubesOS"],
  };
  const qrexec = { transport: "local", socket: join(directory, "none.sock") };
  writeFileSync(join(directory, "receiver.yml"), JSON.stringify({ qrexec, receiver: settings }));
  receiver = await startReleaseBot(["receiver", "--config", join(directory, "receiver.yml")]);
  const port = await freePort();
  const logs = await serveMetrics(`127.0.0.1:${port}`);
  logs.show({ waiting: 2, reason: null, since: Date.now(), embargo: false } as Parameters<typeof logs.show>[0]);
  const pages = await Promise.all(
    [monitored(agent), monitored(receiver), `http://127.0.0.1:${port}/metrics`].map(read),
  );
  logs.close();
  exported = pages.join("");
});
afterAll(async () => {
  await Promise.all([agent?.end("SIGTERM"), receiver?.end("SIGTERM")]);
  home?.remove();
  rmSync(directory, { recursive: true, force: true });
});

const namesIn = (text: string): string[] => [...new Set(text.match(/\brelease_bot_[a-z_]+/g))].sort();

describe("metrics", () => {
  it("of the agent tell what waits and runs", () => {
    expect(exported).toMatch(/^release_bot_jobs\{state="queued"\} 0$/m);
    expect(exported).toMatch(/^release_bot_jobs_queued_since_seconds 0$/m);
    expect(exported).toMatch(/^release_bot_outbox_entries\{state="pending"\} 0$/m);
  });

  it("are all on the example dashboard, which names none that the programs do not really export", () => {
    const dashboard = readFileSync(join(import.meta.dirname, "../../docs/grafana-dashboard.json"), "utf8");
    const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
    const shown = namesIn(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(" "));
    const told = [...exported.matchAll(/^# TYPE (\S+) (?:gauge|counter)$/gm)].map(([, name]) => name).sort();
    expect(shown).toEqual(told);
    expect(told.length).toBeGreaterThan(10);
  });

  it("are each described in the operators' handbook", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
    expect(namesIn(page)).toEqual(namesIn(exported));
  });
});
