import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serveQrexecSocket } from "../../../src/adapters/qrexec/index.ts";
import { judgeKeys } from "../../../src/programs/cli/doctor/keys.ts";
import { main } from "../../../src/programs/cli/doctor.ts";
import { runCaptured } from "../../support/captured-program.ts";

let root: string;
let github: Server;
const answers = new Map<string, { status: number; body: unknown }>();
let date: () => Date;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "rb-dr-"));
  date = () => new Date();
  answers.clear();
  answers.set("/rate_limit", { status: 200, body: { resources: { core: { limit: 5000, remaining: 4900 } } } });
  answers.set("/repos/QubesOS/updates-status", { status: 200, body: { permissions: { push: true } } });
  github = createServer((request, response) => {
    const { status, body } = answers.get(request.url ?? "") ?? { status: 404, body: {} };
    response.sendDate = false;
    response.writeHead(status, { "content-type": "application/json", date: date().toUTCString() });
    response.end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => github.once("listening", resolve));
});

afterEach(async () => {
  await new Promise((resolve) => github.close(resolve));
  rmSync(root, { recursive: true, force: true });
});

/** Writes an agent's configuration as it would be rendered, and what it names. */
function writeAgent(): string {
  const { port } = github.address() as AddressInfo;
  mkdirSync(join(root, "rpc"), { recursive: true });
  mkdirSync(join(root, "keys"), { recursive: true });
  writeFileSync(join(root, "token"), "ghp_x\n", { mode: 0o600 });
  writeFileSync(join(root, "builders.list"), "");
  const config = {
    qrexec: { transport: "local", socket: join(root, "none.sock"), "services-dir": join(root, "rpc") },
    agent: {
      qube: "build-fedora",
      "state-dir": join(root, "state"),
      "builders-list": join(root, "builders.list"),
      "trusted-keys": join(root, "keys"),
      github: { "api-url": `http://127.0.0.1:${port}`, "token-file": join(root, "token") },
    },
  };
  writeFileSync(join(root, "config.yml"), JSON.stringify(config));
  return join(root, "config.yml");
}

async function doctor() {
  const { status, stdout } = await runCaptured(main, ["--config", writeAgent(), "--json"]);
  const findings: { level: string; what: string; remedy: string }[] = JSON.parse(stdout);
  return { status, findings, about: (word: string) => findings.filter(({ what }) => what.includes(word)) };
}

describe("release-bot doctor", () => {
  it("says what to do of everything that is not well, and nothing of what is", async () => {
    const { status, findings } = await doctor();
    for (const { level, remedy } of findings) expect(remedy === "").toBe(level === "ok");
    expect(findings.some(({ level }) => level === "ok")).toBe(true);
    expect(status).toBe(1);
  });

  it("finds a service that nobody serves, and one that is", async () => {
    expect((await doctor()).about("qubesbuilder.TriggerBuild")).toMatchObject([{ level: "problem" }]);
    const service = await serveQrexecSocket({
      directory: join(root, "rpc"),
      service: "qubesbuilder.TriggerBuild",
      onCall: (call) => void call.output.end(),
      onFault: () => {},
    });
    expect((await doctor()).about("qubesbuilder.TriggerBuild")).toMatchObject([{ level: "ok" }]);
    await service.close(100);
  });

  it("finds a keys qube that cannot be reached, and names dom0's policy and the gate", async () => {
    const { findings } = await doctor();
    expect(findings.some(({ level, remedy }) => level === "problem" && remedy.includes("release-bot-key-gate"))).toBe(
      true,
    );
  });

  it("finds a token that others may read, and one that GitHub does not take", async () => {
    writeAgent();
    chmodSync(join(root, "token"), 0o644);
    expect((await doctor()).about("others may read")).toMatchObject([
      { level: "problem", remedy: expect.stringContaining("chmod 600") },
    ]);
    answers.set("/rate_limit", { status: 401, body: {} });
    expect((await doctor()).about("does not accept the token")).toHaveLength(1);
  });

  it("finds a clock that is wrong", async () => {
    expect((await doctor()).about("clock:")).toMatchObject([{ level: "ok" }]);
    date = () => new Date(Date.now() - 3_600_000);
    expect((await doctor()).about("clock:")).toMatchObject([{ level: "problem" }]);
  });

  it("finds a rate that is nearly used up, and a repository that may not be written to", async () => {
    answers.set("/rate_limit", { status: 200, body: { resources: { core: { limit: 5000, remaining: 3 } } } });
    answers.set("/repos/QubesOS/updates-status", { status: 200, body: { permissions: { push: false, pull: true } } });
    const { about } = await doctor();
    expect(about("3 of 5000")).toMatchObject([{ level: "warning" }]);
    expect(about("may not be written to")).toMatchObject([{ level: "problem" }]);
    answers.delete("/repos/QubesOS/updates-status");
    expect((await doctor()).about("is not there")).toMatchObject([{ level: "problem" }]);
  });

  it("names the line of a mistake in the configuration, and goes on", async () => {
    const file = join(root, "config.yml");
    writeFileSync(file, "qrexec: {transport: qubes}\nagent:\n  qube: 1nvalid\nreceiver: {}\n");
    const { status, stdout } = await runCaptured(main, ["--config", file]);
    expect(status).toBe(1);
    expect(stdout).toContain(`${file}:3: agent.qube`);
    expect(stdout).toContain("receiver.listen");
    expect(stdout).toMatch(/^PROBLEM .*\n.*\n(.*\n)* {8}-> /m);
  });

  it("says where there is no configuration what to do", async () => {
    const { status, stdout } = await runCaptured(main, ["--config", join(root, "none.yml")]);
    expect(status).toBe(1);
    expect(stdout).toContain("release-bot infra render");
  });
});

describe("keys", () => {
  const now = new Date("2026-11-23T00:00:00Z");
  const listing = (validity: string, expires: string) =>
    `tru::1:1:0:3:1:5\npub:${validity}:4096:1:AAAA:1500000000:${expires}::-:::scESC::::::23::0:\nfpr:::::::::0123456789ABCDEF0123456789ABCDEF01234567:\nuid:-::::1500000000::X::A::::::::::0:\nsub:-:4096:1:BBBB:1500000000:1:::::e::::::23:\nfpr:::::::::FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:\n`;
  const inDays = (days: number): string => String(now.getTime() / 1000 + days * 86_400);

  it.each([
    ["never expires", "-", "", "ok"],
    ["expires in a year", "-", inDays(365), "ok"],
    ["expires in a week", "-", inDays(7), "warning"],
    ["has expired", "e", inDays(-3), "problem"],
    ["is revoked", "r", "", "problem"],
  ])("one that %s", (_what, validity, expires, level) => {
    expect(judgeKeys(listing(validity, expires), "maintainers", now)).toMatchObject([{ level }]);
  });

  it("that are not there at all", () => {
    expect(judgeKeys("", "maintainers", now)).toMatchObject([{ level: "problem" }]);
  });
});
