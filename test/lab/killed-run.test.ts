import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { processStart, runMark } from "../../src/lab/process-table.ts";
import { createRun, removeRun, runsParent, sweepEarlierRuns } from "../../src/lab/run-directory.ts";

let directory: string;
let records: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rb-killed-"));
  records = join(directory, "running");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A run in a process of its own, which starts a program that ignores TERM and has a child without the run's mark. */
async function startRun(): Promise<{ root: string; pids: number[]; kill: () => Promise<void> }> {
  const room = join(import.meta.dirname, "../../src/lab");
  const program = join(directory, "run.ts");
  const stubborn = `trap "" TERM; echo $$; env -i sh -c 'echo $$; exec sleep 300' & wait; sleep 300`;
  writeFileSync(
    program,
    `import { spawn } from "node:child_process";
     import { createRun } from "${room}/run-directory.ts";
     const root = createRun("${records}");
     console.log(root);
     spawn("sh", ["-c", ${JSON.stringify(stubborn)}], { env: { PATH: process.env.PATH, ${runMark}: root }, detached: true, stdio: ["ignore", 1, 2] });
     setInterval(() => {}, 1000);`,
  );
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (said.split("\n").length < 4) await sleep(20);
  const [root = "", ...pids] = said.trim().split("\n");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  return { root, pids: pids.map(Number), kill };
}

describe("what a killed run left", () => {
  it("is ended and removed at the next start, with what ignores TERM and what lost the mark", async () => {
    const run = await startRun();
    await run.kill();
    expect(run.pids.map(processStart)).not.toContain(null);
    expect(await sweepEarlierRuns(records)).toBe(1);
    expect(run.pids.map(processStart)).toEqual([null, null]);
    expect(existsSync(run.root)).toBe(false);
    expect(readdirSync(records)).toEqual([]);
  });

  it("is left alone while its own process is there", async () => {
    const run = await startRun();
    expect(await sweepEarlierRuns(records)).toBe(0);
    expect(run.pids.map(processStart)).not.toContain(null);
    await run.kill();
    await sweepEarlierRuns(records);
  });

  it("is found also when its pid belongs to another process meanwhile, which is left alone", async () => {
    const run = await startRun();
    await run.kill();
    const [name = ""] = readdirSync(records);
    const record = JSON.parse(readFileSync(join(records, name), "utf8")) as { root: string };
    writeFileSync(join(records, name), JSON.stringify({ ...record, pid: process.ppid, start: "1" }));
    expect(await sweepEarlierRuns(records)).toBe(1);
    expect(run.pids.map(processStart)).toEqual([null, null]);
    expect(processStart(process.ppid)).not.toBeNull();
  });

  it("never removes a directory that no run could have made", async () => {
    const precious = join(directory, "precious");
    mkdirSync(precious);
    mkdirSync(records);
    writeFileSync(join(records, "precious.json"), JSON.stringify({ root: precious, pid: 1, start: "0" }));
    writeFileSync(join(records, "rb-lab-abcdef.json"), "{ half of a rec");
    expect(await sweepEarlierRuns(records)).toBe(0);
    expect(existsSync(precious)).toBe(true);
  });
});

describe("a run's directory", () => {
  it("leaves nothing when it is removed", () => {
    const root = createRun(records);
    expect(existsSync(root)).toBe(true);
    removeRun(records, root);
    expect(existsSync(root)).toBe(false);
    expect(readdirSync(records)).toEqual([]);
  });
});

describe("the place of a run", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("lies where the path of every socket in it is short enough, whatever the temporary directory is", () => {
    for (let length = 1; length < 100; length++) {
      vi.stubEnv("TMPDIR", `/${"t".repeat(length)}`);
      const agent = join(runsParent(), "rb-lab-abcdef/qubes/build-fedora/.local/state/release-bot/agent");
      expect(join(agent, "sockets/log-0123456789ab.sock").length).toBeLessThanOrEqual(107);
    }
    vi.stubEnv("TMPDIR", "/var/tmp");
    expect(runsParent()).toBe("/var/tmp");
  });
});
