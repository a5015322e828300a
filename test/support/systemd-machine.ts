import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunProgram, runnerInUnits } from "../../src/adapters/processes/index.ts";

/** A machine whose systemd-run and systemctl are stand-ins, below a directory of the test's. */
export interface SystemdMachine {
  /** `booted` and `runtimeDirectory` of the machine. */
  readonly booted: string;
  readonly runtimeDirectory: string;
  /** The stand-ins first. */
  readonly path: string;
  readonly run: RunProgram;
  /** The argument lists that systemd-run was called with. */
  readonly calls: () => readonly (readonly string[])[];
}

/** Makes one. */
export function systemdMachine(directory: string): SystemdMachine {
  const [booted, runtimeDirectory, bin] = [join(directory, "booted"), join(directory, "run"), join(directory, "bin")];
  for (const name of [booted, runtimeDirectory, bin]) mkdirSync(name);
  writeFileSync(join(runtimeDirectory, "bus"), "");
  const standIn = join(import.meta.dirname, "stand-ins/systemd.mjs");
  for (const [name, word] of Object.entries({ "systemd-run": "run", systemctl: "ctl" })) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${process.execPath} ${standIn} ${word} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const path = `${bin}:/usr/bin:/bin`;
  return {
    booted,
    runtimeDirectory,
    path,
    run: runnerInUnits({ booted, runtimeDirectory, path }),
    calls: () =>
      readFileSync(join(runtimeDirectory, "calls"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
  };
}
