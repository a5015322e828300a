import { join } from "node:path";
import { LabFault } from "../lab-fault.ts";
import type { RunningLab } from "../running-lab.ts";
import { verifyCommits } from "../signed-commits.ts";
import { tryTool } from "../tool.ts";

/** Counts the commits of the public logs; throws LabFault where there are none, or one is not signed by the logs key. */
export async function countSignedLogs(lab: RunningLab): Promise<string> {
  const home = { ...lab.environment, GNUPGHOME: join(lab.root, "keys/logs") };
  const { commits, unsigned } = await verifyCommits(lab.logsRepository, lab.people.logs.fingerprint, home);
  if (commits === 0) throw new LabFault("the logs repository is empty");
  if (unsigned.length > 0) {
    throw new LabFault(`commits in the logs repository are not signed by its key: ${unsigned.join(", ")}`);
  }
  return `${commits} commits of logs, each signed by the logs key`;
}

/** Says whether the builds ran behind walls, as their own public logs tell it. */
export async function describeWalls(lab: RunningLab): Promise<string> {
  const { stdout } = await tryTool({
    program: "git",
    args: ["-C", lab.logsRepository, "grep", "-l", "> WARNING: this build runs without walls", "master"],
    environment: lab.environment,
  });
  return stdout === ""
    ? "built as another user, in namespaces without network"
    : "built WITHOUT walls, since this machine gives none to this user: never so outside of a lab";
}
