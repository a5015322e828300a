import { spawn } from "node:child_process";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { AdapterError, type LogPath } from "../../domain/index.ts";
import { parseLogPath } from "../../formats/build-log/index.ts";

/** Every log that is kept in the directory, the newest last; compressed ones too. */
export function keptLogs(directory: string): LogPath[] {
  if (!existsSync(directory)) return [];
  const found = readdirSync(directory, { recursive: true, encoding: "utf8" }).flatMap(
    (name) => parseLogPath(name.replace(/\.xz$/, "")) ?? [],
  );
  // By the time in the name, which is of the start; a number behind it orders those of one second.
  const key = (path: string): string =>
    path.slice(path.lastIndexOf("/")).replace(/\.([0-9]+)$/, (_, n) => n.padStart(8));
  return [...new Set(found)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A kept log's bytes from an offset on, to what is its end now; compressed ones are unpacked on the way. */
export function readKeptLog(directory: string, path: LogPath, from: number): Readable {
  const file = join(directory, path);
  if (existsSync(file)) return createReadStream(file, { start: from });
  if (!existsSync(`${file}.xz`)) throw new AdapterError("NOT_FOUND", `${path}: there is no such log here`);
  if (from > 0) return createReadStream("/dev/null");
  const child = spawn("xz", ["--decompress", "--stdout", "--", `${file}.xz`], { stdio: ["ignore", "pipe", "ignore"] });
  return child.stdout;
}

/** How long a log is now; null when it is compressed and will not grow. */
export function keptLength(directory: string, path: LogPath): number | null {
  return statSync(join(directory, path), { throwIfNoEntry: false })?.size ?? null;
}
