import { readFileSync } from "node:fs";
import type { VerifiedBranch } from "../../../adapters/logs/verified-branch.ts";
import { AdapterError, type LogPath } from "../../../domain/index.ts";
import { parseLogPath } from "../../../formats/build-log/index.ts";
import { BrokenLink } from "../../../trail/index.ts";

const line = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z) ([^ ]+) ([0-9a-f]{40}) ([0-9]{1,15}) ([^ ]+)$/;

/** What the keys qube was told of one log at one time. */
export interface Acknowledgement {
  readonly at: Date;
  readonly qube: string;
  readonly commit: string;
  readonly length: number;
  readonly log: LogPath;
}

/** Reads the key gate's list. Throws AdapterError, or {@link BrokenLink} for a line that the gate does not write so. */
export function readAcknowledged(file: string): readonly Acknowledgement[] {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (cause) {
    throw new AdapterError("NOT_FOUND", `${file}: cannot be read`, cause);
  }
  const lines = text.split("\n").filter((one) => one !== "");
  return lines.map((untrusted, index) => {
    const [, at = "", qube = "", commit = "", length = "", path = ""] = line.exec(untrusted) ?? [];
    const log = parseLogPath(path);
    if (log === null || !log.startsWith(`${qube}/`)) {
      throw new BrokenLink("commit", `${file}:${index + 1}`, "is no acknowledgement as the key gate writes them");
    }
    return { at: new Date(at), qube, commit, length: Number(length), log };
  });
}

/** What the keys qube was told has to be public still: each commit of its list, and in it that log with that length. */
export async function auditAcknowledged(lines: readonly Acknowledgement[], branch: VerifiedBranch): Promise<string> {
  for (const { commit, length, log } of lines) {
    if (!(await branch.isSigned(commit))) {
      throw new BrokenLink("commit", commit, "was acknowledged to the keys qube, and is not on the logs branch");
    }
    if (!(await hasLength(branch, commit, log, length))) {
      const what = `was acknowledged to the keys qube for ${length} bytes of ${log}, of which it says nothing`;
      throw new BrokenLink("commit", commit, what);
    }
  }
  return `${lines.length} acknowledged commits are on the logs branch`;
}

/** A checkpoint says so in its list, a closed log in its commit's message. */
async function hasLength(branch: VerifiedBranch, commit: string, log: string, length: number): Promise<boolean> {
  const message = branch.message(commit).split("\n");
  if (message[0] === log && message.includes(`Length: ${length}`)) return true;
  const checkpoints = (await branch.read(commit, `${log}.checkpoints`))?.toString("latin1") ?? "";
  return checkpoints.split("\n").some((one) => one.startsWith(`{"length":${length},`));
}
