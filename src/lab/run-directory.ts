/**
 * Where one run of the lab lives: a fresh directory under the temporary one, with a short path, because unix socket paths
 * end at 107 bytes. Each run is recorded in `.demo/running/`, so that the next start finds what a killed one left.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { endProcessesOf, processStart } from "./process-table.ts";

interface RunRecord {
  readonly root: string;
  readonly pid: number;
  readonly start: string;
}

/** The longest path under a run's root that must be a socket: a log's, in an agent's state. */
const longestSocket = "/qubes/build-fedora/.local/state/release-bot/agent/sockets/log-0123456789ab.sock".length;

/** The temporary directory that the runs go to: the system's, or `/tmp` where that one's path is too long for sockets. */
export function runsParent(): string {
  const parent = tmpdir();
  return parent.length + "/rb-lab-XXXXXX".length + longestSocket <= 107 ? parent : "/tmp";
}

/** Makes a run's root directory and records it in `records`. */
export function createRun(records: string): string {
  const root = mkdtempSync(join(runsParent(), "rb-lab-"));
  mkdirSync(records, { recursive: true });
  const record: RunRecord = { root, pid: process.pid, start: processStart(process.pid) ?? "" };
  writeFileSync(join(records, `${basename(root)}.json`), `${JSON.stringify(record)}\n`);
  // Builds run as another user, who must be able to pass through to the build's own directory.
  chmodSync(root, 0o711);
  return root;
}

/** Removes a run's directory and its record, once its processes are ended. */
export function removeRun(records: string, root: string): void {
  rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  rmSync(join(records, `${basename(root)}.json`), { force: true });
}

/** Ends and removes what earlier runs left that are not there any more; answers how many runs that were. */
export async function sweepEarlierRuns(records: string): Promise<number> {
  let swept = 0;
  for (const name of listRecords(records)) {
    const record = parseRecord(readFileSync(join(records, name), "utf8"));
    if (record === null || `${basename(record.root)}.json` !== name) {
      // Killed while the record itself was written: nothing had been started yet.
      rmSync(join(records, name), { force: true });
      continue;
    }
    if (processStart(record.pid) === record.start) continue;
    await endProcessesOf(record.root);
    removeRun(records, record.root);
    swept += 1;
  }
  return swept;
}

function listRecords(records: string): string[] {
  try {
    return readdirSync(records).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

/** A record decides what is removed: only a directory of the form that {@link createRun} makes is believed. */
function parseRecord(text: string): RunRecord | null {
  try {
    const { root, pid, start } = JSON.parse(text) as Record<string, unknown>;
    if (typeof root !== "string" || typeof pid !== "number" || typeof start !== "string") return null;
    return /^\/[^\0]*\/rb-lab-[A-Za-z0-9]{6}$/.test(root) && !root.includes("/../") ? { root, pid, start } : null;
  } catch {
    return null;
  }
}
