/**
 * Programs in transient units of the user's own systemd. The agent's unit denies what builds need: namespaces, set-uid
 * programs, the whole home. So its builds are not its children: systemd starts them, outside of that sandbox, each in a
 * control group of its own, which it empties at the end.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AdapterError } from "../../domain/index.ts";
import { newRunMark } from "./leftovers.ts";
import { type ProgramEnd, type ProgramRun, type RunProgram, runProgram } from "./run-program.ts";
import { pause, signalGroup, watchForStop } from "./stop.ts";

/** Where this machine's systemd is. */
export interface UnitMachine {
  /** There where systemd is the machine's first process: `/run/systemd/system`. */
  readonly booted: string;
  /** `/run/user/UID`: the user's own systemd has its bus here. */
  readonly runtimeDirectory: string;
  /** Where systemd-run and systemctl are looked up: never in a build's own `PATH`. */
  readonly path: string;
}

/** What the units' names begin with; the agent's unit stops by this what a killed agent has left. */
export const unitPrefix = "release-bot-build-";

/** The machine that we run on. */
export function thisMachine(): UnitMachine {
  const runtimeDirectory = `/run/user/${process.getuid?.() ?? 0}`;
  return { booted: "/run/systemd/system", runtimeDirectory, path: "/usr/bin:/bin" };
}

/**
 * Runs each program in a unit of its own; as a child where the machine has no systemd, since there is no sandbox then
 * either. Ends it as {@link runProgram} does: TERM, after the grace KILL, and nothing is left. A status of 255 may also
 * mean that a signal ended the program: systemd-run does not tell. Throws AdapterError `TOOL_MISSING` where systemd is there
 * and the user's own does not run.
 */
export function runnerInUnits(machine: UnitMachine): RunProgram {
  return async (run) => {
    if (!existsSync(machine.booted)) return runProgram(run);
    const bus = join(machine.runtimeDirectory, "bus");
    if (!existsSync(bus)) {
      const remedy = "install dbus-daemon (Debian: dbus-user-session) in the template, and restart the qube";
      throw new AdapterError(
        "TOOL_MISSING",
        `builds run in units of the user's systemd, and ${bus} is missing: ${remedy}`,
      );
    }
    if (run.signal?.aborted === true) return { status: null, ended: "signal" };
    return runInUnit(machine, `${unitPrefix}${process.pid}-${randomBytes(6).toString("hex")}.service`, run);
  };
}

async function runInUnit(machine: UnitMachine, unit: string, run: ProgramRun): Promise<ProgramEnd> {
  const { signal: _signal, graceMs = 10_000, ...plain } = run;
  const over = new AbortController();
  const client = runProgram({
    ...plain,
    program: "systemd-run",
    args: unitArguments(unit, run),
    directory: "/",
    environment: toolEnvironment(machine),
    limitMs: run.limitMs + graceMs + 60_000,
    signal: over.signal,
    graceMs: 1_000,
    // It waits for its unit and starts nothing itself.
    daemons: "stay",
  });
  const stop = watchForStop(run);
  try {
    await Promise.race([client, stop.reached]);
    const ended = stop.why();
    if (ended === null) return await client;
    let gone = false;
    const end = client.finally(() => {
      gone = true;
    });
    // Its fault is thrown below, and is no unhandled one meanwhile.
    end.catch(() => undefined);
    await stopUnit(machine, unit, run, () => gone);
    // It ends with its unit. One that still waits is waiting for a systemd that does not answer, and may have been
    // answered when it is ended.
    await Promise.race([end, pause(5_000)]);
    const isWaiting = !gone;
    over.abort();
    await end;
    if (isWaiting) await stopUnit(machine, unit, run, () => true);
    return { status: null, ended };
  } finally {
    stop.forget();
  }
}

/**
 * systemd-run's argument list. The environment comes by env(1): a user's unit would inherit all that the user's systemd
 * has in its own.
 */
function unitArguments(unit: string, run: ProgramRun): readonly string[] {
  const { environment, graceMs = 10_000 } = run;
  const mark = run.daemons === "stay" ? {} : newRunMark().environment;
  const variables = Object.entries({ ...environment, ...mark }).map(([name, value]) => `${name}=${value}`);
  const properties = [
    // A daemon that others use too lives on in the unit's group; everything else ends with its first process.
    `KillMode=${run.daemons === "stay" ? "process" : "control-group"}`,
    `TimeoutStopSec=${graceMs}ms`,
    "LimitCORE=0",
    "OOMPolicy=stop",
  ];
  return [
    ...["--user", "--quiet", "--wait", "--pipe", "--collect", "--service-type=exec"],
    ...[`--unit=${unit}`, "--description=Build step of release-bot", `--working-directory=${run.directory}`],
    ...properties.map((property) => `--property=${property}`),
    ...["--", "/usr/bin/env", "-i"],
    // systemd puts variables in for `$NAME`, in an argument list too.
    ...[...variables, run.program, ...run.args].map((word) => word.replaceAll("$", "$$$$")),
  ];
}

/** For systemd's own tools: how they find the user's systemd, and nothing of the build's. */
function toolEnvironment(machine: UnitMachine): Readonly<Record<string, string>> {
  return {
    PATH: machine.path,
    LC_ALL: "C.UTF-8",
    XDG_RUNTIME_DIR: machine.runtimeDirectory,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(machine.runtimeDirectory, "bus")}`,
  };
}

/** Stops the unit, also one that systemd-run is only about to start. Resolves when nothing of it runs any more. */
async function stopUnit(machine: UnitMachine, unit: string, run: ProgramRun, gone: () => boolean): Promise<void> {
  const graceMs = run.graceMs ?? 10_000;
  const systemctl = async (...args: readonly string[]): Promise<{ status: number | null; said: string }> => {
    let said = "";
    const { status } = await runProgram({
      program: "systemctl",
      args: ["--user", "--quiet", ...args],
      directory: "/",
      environment: toolEnvironment(machine),
      limitMs: graceMs + 30_000,
      onOutput: (chunk, from) => {
        if (from === "stdout") said += Buffer.from(chunk).toString("latin1");
      },
    });
    return { status, said };
  };
  if (run.daemons === "stay") {
    const { said } = await systemctl("show", "--property=MainPID", "--value", unit);
    const pid = Number(said.trim());
    if (pid > 1) {
      // The unit's first process leads a group: what has left it is a daemon, and stays.
      signalGroup(pid, "SIGTERM");
      for (let waited = 0; waited < graceMs && !gone(); waited += 100) await pause(100);
      signalGroup(pid, "SIGKILL");
    }
  }
  for (let tries = 0; tries < 50; tries++) {
    const { status } = await systemctl("stop", unit);
    if (status === 0 || gone()) return;
    // 5: not loaded, or not yet.
    await pause(100);
  }
}
