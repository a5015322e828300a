import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../../src/lab/daemon.ts";
import { processStart } from "../../src/lab/process-table.ts";

const directory = mkdtempSync(join(tmpdir(), "rb-daemon-"));
let started = 0;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const start = (script: string): Promise<Daemon> =>
  startDaemon({
    name: "sample",
    program: "sh",
    args: ["-c", script],
    environment: { PATH: process.env["PATH"] },
    directory,
    logFile: join(directory, `log-${++started}`),
    ready: /^ready$/m,
  });

describe("a process of the lab", () => {
  it("counts as started once its log says that it is ready, and ends with all that it started", async () => {
    const daemon = await start("sleep 300 & echo child $!; echo ready; wait");
    const child = Number(/child ([0-9]+)/.exec(daemon.log())?.[1]);
    expect(processStart(child)).not.toBeNull();
    expect(daemon.died()).toBeNull();
    await daemon.stop();
    await expect.poll(() => processStart(child)).toBeNull();
    expect(daemon.died()).toBeNull();
  });

  it("is named with the end of its log when it ends before it was ready", async () => {
    await expect(start("echo no such key >&2; exit 3")).rejects.toThrow(/sample ended \(status 3\).*no such key/);
  });

  it("is said to be dead when it dies later", async () => {
    const daemon = await start("echo ready; sleep 0.1; exit 7");
    await expect.poll(() => daemon.died()).toBe("sample ended (status 7)");
    await daemon.stop();
  });
});
