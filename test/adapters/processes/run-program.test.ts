import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { capture, runProgram, tryCapture } from "../../../src/adapters/processes/index.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rb-run-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const base = () => ({ directory, environment: { PATH: process.env["PATH"] ?? "" }, limitMs: 240_000 });
/** A shell is the program under test here; nothing of ours passes it a line made from input. */
const shell = (script: string) => ({ ...base(), program: "sh", args: ["-c", script] });
const alive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`).length > 0;
  } catch {
    return false;
  }
};
const pidIn = (file: string): number => Number(readFileSync(join(directory, file), "utf8").trim());

describe("running a program", () => {
  it("answers its status, and both pipes to their end", async () => {
    const said = await tryCapture(shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 7"));
    expect([said.status, said.stdout.length, said.stderr.length]).toEqual([7, 3_000_000, 3_000_000]);
  });

  it("passes arguments as they are, whatever a shell would make of them", async () => {
    const said = await capture({ ...base(), program: "printf", args: ["%s", "x;touch pwned $(id) '"] });
    expect(said.toString()).toBe("x;touch pwned $(id) '");
  });

  it("inherits nothing of the agent's environment", async () => {
    const said = await capture({ ...base(), program: "env", args: [] });
    expect(
      said
        .toString()
        .split("\n")
        .map((line) => line.split("=")[0])
        .filter(Boolean)
        .sort(),
    ).toEqual(["PATH", "RELEASE_BOT_RUN"]);
  });

  it("says which program is not installed", async () => {
    await expect(capture({ ...base(), program: "no-such-program", args: [] })).rejects.toMatchObject({
      code: "TOOL_MISSING",
      message: "no-such-program is not installed",
    });
  });

  it("ends a program at its limit together with children that ignore TERM", async () => {
    const begin = performance.now();
    let limitMs = 1_000;
    const run = () =>
      runProgram({
        ...shell(
          "trap '' TERM; (trap '' TERM; echo $$ >/dev/null; sh -c 'echo $PPID > child; exec sleep 300') & sleep 300 & wait; sleep 300",
        ),
        limitMs,
        graceMs: 500,
        onOutput: () => undefined,
      });
    expect(await run()).toEqual({ status: null, ended: "limit" });
    // Where the machine is too slow to have started the child by then, there was none to be ended.
    for (; !existsSync(join(directory, "child")); limitMs *= 4) await run();
    expect(performance.now() - begin).toBeLessThan(250_000);
    expect(alive(pidIn("child"))).toBe(false);
  });

  it("ends what has left the process group", async () => {
    const end = await runProgram({
      ...shell(
        "setsid sh -c 'echo $$ > away; trap \"\" TERM HUP; sleep 300 & wait' >/dev/null 2>&1 & while [ ! -s away ]; do sleep 0.05; done",
      ),
      onOutput: () => undefined,
    });
    expect(end).toEqual({ status: 0, ended: null });
    expect(alive(pidIn("away"))).toBe(false);
  });

  it("lets a daemon of a trusted tool live on, which others may be using", async () => {
    const script =
      "setsid sh -c 'echo $$ > away; exec sleep 250' >/dev/null 2>&1 </dev/null & while [ ! -s away ]; do sleep 0.05; done";
    const end = await runProgram({ ...shell(script), daemons: "stay", onOutput: () => undefined });
    const pid = pidIn("away");
    expect([end, alive(pid)]).toEqual([{ status: 0, ended: null }, true]);
    process.kill(pid, "SIGKILL");
  });

  it("is held by no reader that hangs", async () => {
    const end = await runProgram({
      ...shell("head -c 3000000 /dev/zero"),
      limitMs: 500,
      graceMs: 300,
      onOutput: () => new Promise(() => undefined),
    });
    expect(end.ended).toBe("limit");
  });

  it("slows the program instead of keeping its output in memory", async () => {
    let taken = 0;
    const end = await runProgram({
      ...shell("head -c 2000000 /dev/zero"),
      onOutput: async (chunk) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        taken += chunk.length;
      },
    });
    expect([end.status, taken]).toEqual([0, 2_000_000]);
  });

  it("ends when it is told to", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const end = await runProgram({ ...shell("sleep 300"), signal: controller.signal, onOutput: () => undefined });
    expect(end).toEqual({ status: null, ended: "signal" });
  });
});
