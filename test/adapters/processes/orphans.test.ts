import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { until } from "../../support/until.ts";

const processes = join(import.meta.dirname, "../../../src/adapters/processes/index.ts");

/** A program of ours that runs a tool. */
function start(directory: string, script: string, before: readonly string[] = []) {
  const file = join(directory, `${Math.random().toString(36).slice(2)}.ts`);
  writeFileSync(
    file,
    `import { runProgram } from ${JSON.stringify(processes)};
await runProgram({ program: "sh", args: ["-c", ${JSON.stringify(script)}], directory: ${JSON.stringify(directory)},
  environment: { PATH: process.env.PATH ?? "" }, limitMs: 300_000, onOutput: () => undefined });
`,
  );
  const [program = "", ...args] = [...before, process.execPath, file];
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return { child, ended };
}

async function pidIn(file: string): Promise<number> {
  return Number(
    await until(() => {
      const said = existsSync(file) ? readFileSync(file, "utf8") : "";
      return said.endsWith("\n") ? said : null;
    }),
  );
}

const alive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`).length > 0;
  } catch {
    return false;
  }
};

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

describe("what a killed program left running", () => {
  it("is ended by the next one, before that runs anything itself", async () => {
    const directory = temporaryDirectory();
    const first = start(directory, "setsid sh -c 'echo $$ > left; exec sleep 300' & echo $$ > own; exec sleep 300");
    const pids = [await pidIn(join(directory, "left")), await pidIn(join(directory, "own"))];
    first.child.kill("SIGKILL");
    await first.ended;
    expect(pids.map(alive)).toEqual([true, true]);
    // A dead process that nobody has waited for still has a number, but no environment any more.
    const look = `for pid in ${pids.join(" ")}; do head -c 1 /proc/$pid/environ 2>/dev/null; done > seen; true`;
    await start(directory, look).ended;
    expect(pids.map(alive)).toEqual([false, false]);
    expect(readFileSync(join(directory, "seen"), "utf8")).toBe("");
  });

  it("is not ended while its program lives", async () => {
    const directory = temporaryDirectory();
    const first = start(directory, "echo $$ > own; exec sleep 300");
    const pid = await pidIn(join(directory, "own"));
    await start(directory, "true").ended;
    expect(alive(pid)).toBe(true);
    first.child.kill("SIGKILL");
    await first.ended;
    await start(directory, "true").ended;
    expect(alive(pid)).toBe(false);
  });

  it("is not ended where it numbers its processes otherwise: its program may live in a container", async () => {
    const directory = temporaryDirectory();
    const seconds = `300.${process.pid}`;
    const container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
    const first = start(directory, `echo begun > own; exec sleep ${seconds}`, container);
    await until(() => existsSync(join(directory, "own")) || null);
    const sleeping = (): boolean =>
      readdirSync("/proc").some((name) => /^[0-9]+$/.test(name) && commandLine(name) === `sleep\0${seconds}\0`);
    await until(() => sleeping() || null);
    await start(directory, "true").ended;
    expect(sleeping()).toBe(true);
    first.child.kill("SIGKILL");
    await first.ended;
  });
});
