import { join } from "node:path";
import type { RunningLab } from "../running-lab.ts";
import { type SignedCommits, verifyCommits } from "../signed-commits.ts";
import { tryTool } from "../tool.ts";

/** Verifies every commit of the public logs with the logs key, and no other. */
export function verifyLogs(lab: RunningLab): Promise<SignedCommits> {
  const home = { ...lab.environment, GNUPGHOME: join(lab.root, "keys/logs") };
  return verifyCommits(lab.logsRepository, lab.people.logs.fingerprint, home);
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
