import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type RunProgram, runnerInUnits, unitPrefix } from "../../../src/adapters/processes/index.ts";
import { type SystemdMachine, systemdMachine } from "../../support/systemd-machine.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { tryTool } from "../../support/tool.ts";
import { until } from "../../support/until.ts";

let directory: string;
let machine: SystemdMachine;
let run: RunProgram;

beforeEach(() => {
  directory = temporaryDirectory();
  machine = systemdMachine(directory);
  run = machine.run;
});

interface Tried {
  readonly signal?: AbortSignal;
  readonly limitMs?: number;
  readonly graceMs?: number;
  readonly daemons?: "end" | "stay";
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

async function script(text: string, more: Tried = {}, args: readonly string[] = []) {
  let said = "";
  const { environment, ...rest } = more;
  const end = await run({
    program: "sh",
    args: ["-c", text, "sh", ...args],
    directory,
    environment: { PATH: machine.path, ...environment },
    limitMs: 120_000,
    graceMs: 500,
    onOutput: (chunk) => {
      said += Buffer.from(chunk).toString("utf8");
    },
    ...rest,
  });
  return { ...end, said };
}

/** The processes that have the word in their command lines. */
const named = (word: string): number[] =>
  readdirSync("/proc")
    .filter((pid) => {
      try {
        return /^[0-9]+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
const running = (word: string): boolean => named(word).length > 0;

/**
 * Starts it with limits that grow, until it has begun before it is over: how fast this machine starts a program is not
 * what is tested. Answers the end of that one.
 */
async function begunWithin(begun: () => boolean, start: (limitMs: number) => ReturnType<typeof script>) {
  for (let limitMs = 1_500; ; limitMs *= 4) {
    let over = false;
    const end = start(limitMs).finally(() => {
      over = true;
    });
    if (await until(() => (begun() ? "begun" : over ? "over" : null)).then((state) => state === "begun")) return end;
    await end;
  }
}

describe("a program in a unit of its own", () => {
  it("gets its words, its input and its own environment only, and its output and status come back", async () => {
    const words = ["$HOME", "$" + "{HOME}", "a b", "100%n", "--", "a\nb", "'\""];
    const text =
      'cat; pwd; printf "[%s]" "$@"; echo; env | grep -v "^\\(PWD\\|SHLVL\\|_\\|RELEASE_BOT_RUN\\)="; echo e >&2; exit 7';
    const { status, ended, said } = await script(text, { input: "in\n", environment: { A: "$B", C: "" } }, words);
    expect({ status, ended }).toEqual({ status: 7, ended: null });
    expect(said).toContain(`in\n${directory}\n${words.map((word) => `[${word}]`).join("")}\n`);
    const variables = said.split("\n").filter((line) => /^[A-Z_]+=/.test(line));
    expect(variables.sort()).toEqual(["A=$B", "C=", `PATH=${machine.path}`]);
    expect(said).toContain("e\n");
  });

  it("is started by words that systemd-run takes, as settings that systemd takes", async () => {
    await script("true");
    await script("true", { daemons: "stay" });
    for (const args of machine.calls()) {
      const own = args.slice(0, args.indexOf("--"));
      expect(own).toContain("--user");
      expect(own.find((word) => word.startsWith("--unit="))).toMatch(
        new RegExp(`^--unit=${unitPrefix}[0-9a-f-]+\\.service$`),
      );
      // It reads its options one after the other, and stops at the one for its version.
      expect(tryTool("systemd-run", [...own, "--version"])).toMatchObject({ status: 0, stderr: "" });
      expect(tryTool("systemd-run", [...own, "--colect", "--version"]).status).not.toBe(0);
      const unit = join(directory, "equal.service");
      const settings = own.flatMap((word) =>
        word.startsWith("--property=") ? [word.slice("--property=".length)] : [],
      );
      expect(settings.length).toBeGreaterThan(3);
      writeFileSync(
        unit,
        `[Service]\nType=exec\nWorkingDirectory=${directory}\nExecStart=/usr/bin/env -i true\n${settings.join("\n")}\n`,
      );
      expect(tryTool("systemd-analyze", ["verify", "--user", "--man=no", unit]).stderr).not.toContain("equal.service");
    }
    const modes = machine.calls().map((args) => args.find((word) => word.includes("KillMode")));
    expect(modes).toEqual(["--property=KillMode=control-group", "--property=KillMode=process"]);
  });

  it.each(["limit", "signal"] as const)(
    "is ended by its %s, with a child that hears no TERM and has left it",
    async (why) => {
      const word = `left-${why}-${process.pid}`;
      const stop = new AbortController();
      const began = join(directory, "began");
      const text = `trap "" TERM; setsid sh -c 'trap "" TERM; while :; do sleep 1; done' ${word} & touch ${began}; while :; do sleep 1; done`;
      const begun = (): boolean => existsSync(began) && running(word);
      if (why === "limit") {
        const end = await begunWithin(begun, (limitMs) => script(text, { limitMs }));
        expect(end).toMatchObject({ status: null, ended: why });
      } else {
        const end = script(text, { signal: stop.signal });
        await until(() => begun() || null);
        stop.abort();
        expect(await end).toMatchObject({ status: null, ended: why });
      }
      expect(running(word)).toBe(false);
    },
  );

  it("lets a program end by itself when it is asked to", async () => {
    const stop = new AbortController();
    const began = join(directory, "began");
    const text = `trap 'echo tidied; exit 0' TERM; touch ${began}; while :; do sleep 0.1; done`;
    const end = script(text, { signal: stop.signal, graceMs: 60_000 });
    await until(() => existsSync(began) || null);
    stop.abort();
    expect(await end).toMatchObject({ status: null, ended: "signal", said: expect.stringContaining("tidied\n") });
  });

  it("is ended also where it is only about to start", async () => {
    writeFileSync(join(machine.runtimeDirectory, "slow"), "");
    const stop = new AbortController();
    const end = script("sleep 1000", { signal: stop.signal });
    await until(() => existsSync(join(machine.runtimeDirectory, "calls")) || null);
    stop.abort();
    expect(await end).toMatchObject({ status: null, ended: "signal" });
    expect(readdirSync(machine.runtimeDirectory).filter((name) => name.startsWith(unitPrefix))).toEqual([]);
  });

  it("is ended also where systemd starts it just when nobody waits for it any more", async () => {
    const [calls, unit] = [join(directory, "called"), join(directory, "unit")];
    const scripts = {
      "systemd-run": `trap 'touch ${unit}; exit 1' TERM\ntouch ${calls}\nwhile :; do sleep 0.1; done\n`,
      systemctl: `[ -e ${unit} ] || exit 5\nrm ${unit}\n`,
    };
    for (const [name, text] of Object.entries(scripts)) {
      writeFileSync(join(directory, "bin", name), `#!/bin/sh\n${text}`, { mode: 0o755 });
    }
    const stop = new AbortController();
    const end = script("sleep 1000", { signal: stop.signal });
    await until(() => existsSync(calls) || null);
    stop.abort();
    expect(await end).toMatchObject({ status: null, ended: "signal" });
    expect(existsSync(unit)).toBe(false);
  });

  it("leaves nothing behind when it ends by itself", async () => {
    const word = `behind-${process.pid}`;
    const text = `setsid sh -c 'while :; do sleep 1; done' ${word} </dev/null >/dev/null 2>&1 & true`;
    expect(await script(text)).toMatchObject({ status: 0, ended: null });
    expect(running(word)).toBe(false);
  });

  it("may leave a daemon that others use, and is ended without it", async () => {
    const word = `daemon-${process.pid}`;
    const seconds = `1000.${process.pid}`;
    const began = join(directory, "began");
    const text = `setsid sh -c 'while :; do sleep 1; done' ${word} </dev/null >/dev/null 2>&1 & touch ${began}; exec sleep ${seconds}`;
    const begun = (): boolean => existsSync(began) && running(word) && running(seconds);
    const end = await begunWithin(begun, (limitMs) => script(text, { daemons: "stay", limitMs }));
    expect(end).toMatchObject({ status: null, ended: "limit" });
    expect(running(seconds)).toBe(false);
    expect(running(word)).toBe(true);
    for (const pid of named(word)) process.kill(pid, "SIGKILL");
  });

  it("is not begun where its signal has come already", async () => {
    expect(await script("true", { signal: AbortSignal.abort() })).toMatchObject({ status: null, ended: "signal" });
    expect(existsSync(join(machine.runtimeDirectory, "calls"))).toBe(false);
  });
});

describe("a machine without", () => {
  it("systemd runs the program as a child", async () => {
    run = runnerInUnits({ ...machine, booted: join(directory, "nothing") });
    expect(await script("echo child")).toMatchObject({ status: 0, said: "child\n" });
    expect(existsSync(join(machine.runtimeDirectory, "calls"))).toBe(false);
  });

  it("the user's own systemd refuses, and says what is missing", async () => {
    run = runnerInUnits({ ...machine, runtimeDirectory: join(directory, "nothing") });
    await expect(script("true")).rejects.toMatchObject({ code: "TOOL_MISSING" });
    await expect(script("true")).rejects.toThrow(/nothing\/bus is missing: install dbus-daemon .* restart the qube/);
  });
});
