/** Whether each commit of a repository is signed by one key, as git and gpg see it. */
import type { Fingerprint } from "../domain/index.ts";
import { runTool } from "./tool.ts";

/** What was found: how many commits, and those that are not signed as they must be. */
export interface SignedCommits {
  readonly commits: number;
  readonly unsigned: readonly string[];
}

/** Verifies every commit that any ref reaches. `environment` has a GNUPGHOME that holds the one key that is trusted. */
export async function verifyCommits(
  repository: string,
  signer: Fingerprint,
  environment: NodeJS.ProcessEnv,
): Promise<SignedCommits> {
  const listed = await runTool({
    program: "git",
    args: ["-C", repository, "log", "--all", "--format=%H %G? %GP"],
    environment,
  });
  const lines = listed.split("\n").filter((line) => line !== "");
  // G: good, of a key that is trusted ultimately. U would be good by a key of unknown validity: not what was configured.
  const unsigned = lines.filter((line) => !new RegExp(`^[0-9a-f]{40} G ${signer}$`).test(line));
  return { commits: lines.length, unsigned: unsigned.map((line) => line.slice(0, 40)) };
}
