import { basename } from "node:path";
import { AdapterError, type LogPath, type TraceId } from "../domain/index.ts";
import { within } from "./patience.ts";
import type { JobLog, LogOutcome, LogService, PackageFile } from "./ports.ts";
import type { DistributionRecord } from "./record.ts";

const openLimitMs = 60_000;
/** Longer than a log service needs to commit and push a large log; the build is over by then, only its link waits. */
const closeLimitMs = 180_000;

/** Opens a log, but does not wait for ever. Throws AdapterError. */
export function openLog(logs: LogService, label: string, trace: TraceId | null): Promise<JobLog> {
  // The log service takes these characters only; the others are no loss in a label.
  return within(openLimitMs, "the log service", logs.open(label.replace(/[^A-Za-z0-9_-]/g, "_"), trace));
}

/** Ends a log, but does not wait for ever; null where its path is not known. The log's loss is the log service's own alarm. */
export async function closeLog(log: JobLog, outcome: LogOutcome): Promise<LogPath | null> {
  try {
    return await within(closeLimitMs, "the log service", log.close(outcome));
  } catch (error) {
    if (error instanceof AdapterError) return null;
    throw error;
  }
}

/** A line of the log is one line, whatever stands in a version or a file's name. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 500);
}

/** Packages as a record has them: by names without their directory. */
export function named(packages: readonly PackageFile[]): DistributionRecord["packages"] {
  return packages.map(({ path, sha256, size }) => ({ file: basename(path), sha256, size }));
}

/** Says in the log what a build made. */
export function notePackages(log: JobLog, packages: DistributionRecord["packages"]): void {
  for (const { file, sha256, size } of packages) log.note(`package ${printable(file)} sha256:${sha256} ${size}`);
}
