import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";

const output = mkdtempSync(join(tmpdir(), "rb-again-"));
const demo = join(import.meta.dirname, "../../src/lab/demo.ts");

afterEach(() => rmSync(output, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly over: Promise<number | null>;
}

/** With its output in a pipe, or on a terminal of its own, whose keyboard is the child's standard input. */
function start(where: "pipe" | "terminal"): Run {
  const command = [process.execPath, demo, "--output", output];
  const onTerminal = ["-qefc", `stty cols 100 rows 40; exec ${command.join(" ")}`, "/dev/null"];
  const [program = "", ...args] = where === "pipe" ? command : ["script", ...onTerminal];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let text = "";
  const take = (chunk: Buffer): void => {
    text += chunk;
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const over = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, said: () => text, over };
}

async function says(run: Run, line: string): Promise<void> {
  let isOver = false;
  void run.over.then(() => {
    isOver = true;
  });
  await until(() => run.said().includes(line) || isOver || null);
  if (!run.said().includes(line)) throw new Error(`no '${line}' in:\n${run.said()}`);
}

/** The command lines of all processes that name the directory. */
function processesNaming(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(text));
}

const rootOf = (run: Run): string => /in (\/\S*rb-lab-[A-Za-z0-9]{6})/.exec(run.said())?.[1] ?? "no root";

describe("a demo that is killed in the middle", () => {
  it("is cleaned up by the next start, which goes on as if nothing had been; and Ctrl-C leaves nothing", async () => {
    const killed = start("pipe");
    await says(killed, "[4/");
    const first = rootOf(killed);
    expect(processesNaming(first).length).toBeGreaterThan(5);
    killed.child.kill("SIGKILL");
    await killed.over;

    const next = start("terminal");
    await says(next, "forbidden calls, all denied");
    expect(next.said()).toContain("Ended and removed what a killed earlier run had left.");
    expect(existsSync(first)).toBe(false);
    expect(processesNaming(first)).toEqual([]);

    const second = rootOf(next);
    next.child.stdin?.write("\x03");
    expect(await next.over).toBe(130);
    expect(existsSync(second)).toBe(false);
    expect(processesNaming(second)).toEqual([]);
    expect(readdirSync(join(output, "running"))).toEqual([]);
  });
});
