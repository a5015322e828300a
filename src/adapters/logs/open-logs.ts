import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LogPath } from "../../domain/index.ts";
import { parseLogPath } from "../../formats/build-log/index.ts";

/** Which logs have begun and are not committed yet: an empty file a log, made before the log's own. */
export class OpenLogs {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** From now on a start finds this log, until {@link remove}; false where it does already. */
  add(path: LogPath): boolean {
    try {
      closeSync(openSync(this.#marker(path), "wx"));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
    const descriptor = openSync(this.#directory, "r");
    fsyncSync(descriptor);
    closeSync(descriptor);
    return true;
  }

  remove(path: LogPath): void {
    rmSync(this.#marker(path), { force: true });
  }

  has(path: LogPath): boolean {
    return existsSync(this.#marker(path));
  }

  /** What an earlier run left open. */
  list(): LogPath[] {
    return readdirSync(this.#directory).flatMap((name) => parseLogPath(name.replaceAll("%", "/")) ?? []);
  }

  #marker(path: LogPath): string {
    return join(this.#directory, path.replaceAll("/", "%"));
  }
}
