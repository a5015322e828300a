import { join } from "node:path";
import { LabFault } from "../lab-fault.ts";
import type { RunningLab } from "../running-lab.ts";
import { verifyCommits } from "../signed-commits.ts";

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
