/** Keeps what a run found after its qubes are gone: repositories, logs and public keys, copied to where the summary says. */
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunningLab } from "./running-lab.ts";
import { placesOf } from "./story/places.ts";
import type { Places } from "./summary.ts";
import { exportKey } from "./throw-away-key.ts";
import { runTool } from "./tool.ts";

/** Copies the finished component's trees, the logs repository and the keys to `directory`; answers where they are now. */
export async function saveResults(lab: RunningLab, directory: string): Promise<Places> {
  const { repositories, logs } = placesOf(lab, lab.ready);
  const { rpm, deb } = repositories;
  for (const name of ["rpm", "deb", "keys", "logs.git"])
    rmSync(join(directory, name), { recursive: true, force: true });
  mkdirSync(join(directory, "keys"), { recursive: true });
  const keep = (from: string, ...to: string[]): string => {
    const target = join(directory, ...to);
    // Not there where a step failed before it: the summary then names a place that does not exist.
    if (existsSync(from)) cpSync(from, target, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    return target;
  };
  exportKey(lab.people.logs, join(directory, "keys/logs.asc"));
  return {
    repositories: {
      rpm: {
        currentTesting: keep(rpm.currentTesting, "rpm/current-testing"),
        current: keep(rpm.current, "rpm/current"),
        key: keep(rpm.key, "keys/rpm.asc"),
      },
      deb: { root: keep(deb.root, "deb"), suites: deb.suites, key: keep(deb.key, "keys/deb.asc") },
    },
    logs: await cloneLogs(lab, logs, join(directory, "logs.git")),
  };
}

/** By git, since somebody may push to it in this very moment: a copy of its files could be half of that. */
async function cloneLogs({ environment }: RunningLab, from: string, to: string): Promise<string> {
  await runTool({ program: "git", args: ["clone", "--quiet", "--mirror", "--no-hardlinks", from, to], environment });
  await runTool({ program: "git", args: ["-C", to, "remote", "remove", "origin"], environment });
  return to;
}
