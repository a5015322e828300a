import { existsSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { UnitMachine } from "../../../adapters/processes/index.ts";
import { runTool } from "../../../adapters/signer/run-tool.ts";
import { AdapterError } from "../../../domain/index.ts";
import { type Finding, fine, problem, warning } from "./finding.ts";

const gibibyte = 1024 ** 3;

/** Whether the tools are there. */
export async function judgeTools(tools: readonly string[]): Promise<readonly Finding[]> {
  const missing: string[] = [];
  for (const program of tools) {
    try {
      await runTool({ program, args: ["--version"], limitMs: 60_000 });
    } catch (fault) {
      if (!(fault instanceof AdapterError)) throw fault;
      missing.push(program);
    }
  }
  if (missing.length === 0) return [fine(`tools: ${tools.join(", ")}`)];
  return missing.map((program) => problem(`${program} is not installed`, `install it in this qube's template`));
}

/** Whether the user's own systemd is there to build in; nothing is said on a machine without systemd. */
export function judgeBuildUnits({ booted, runtimeDirectory }: UnitMachine): readonly Finding[] {
  if (!existsSync(booted)) return [];
  const bus = join(runtimeDirectory, "bus");
  if (existsSync(bus)) return [fine("builds run in units of their own")];
  return [
    problem(
      `${bus}: is not there, so no build runs`,
      "install dbus-daemon (Debian: dbus-user-session) in the template",
    ),
  ];
}

/** Free space where the state lies; `needed` in GiB, below which it is a problem. */
export function judgeDisk(directory: string, needed: number): Finding {
  let place = directory;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  const { bavail, bsize, blocks } = statfsSync(place);
  const free = (bavail * bsize) / gibibyte;
  const what = `${directory}: ${free.toFixed(1)} GiB free of ${((blocks * bsize) / gibibyte).toFixed(1)}`;
  const remedy = "dom0$ qvm-volume extend QUBE:private SIZE; or release-bot-clean-up";
  if (free < needed) return problem(what, remedy);
  return free < needed * 3 ? warning(what, remedy) : fine(what);
}

/** Whether a secret's file can be read by nobody else. */
export function judgeSecret(file: string): Finding {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return problem(`${file}: is not there`, "put the secret there; CHECKLIST.md says how");
  const open = (stat.mode & 0o077) !== 0;
  return open
    ? problem(`${file}: others may read it`, `chmod 600 ${file}`)
    : fine(`${file}: is there, for its owner only`);
}

/** Whether the program that serves a qrexec service is there: its socket is answered. */
export async function judgeService(directory: string, service: string, unit: string): Promise<Finding> {
  const path = join(directory, service);
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => resolve(true)).once("error", () => resolve(false));
    probe.setTimeout(5_000, () => resolve(false));
    probe.once("close", () => probe.destroy());
    probe.unref();
  });
  return answered
    ? fine(`${service}: is served`)
    : problem(`${service}: nobody serves ${path}`, `sudo systemctl restart ${unit}; journalctl -u ${unit} says why`);
}
