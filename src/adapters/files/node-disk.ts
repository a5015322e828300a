import {
  appendFileSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writevSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AdapterError, type AdapterErrorCode } from "../../domain/index.ts";
import type { Disk, FileBytes } from "./disk.ts";

const codes: Readonly<Record<string, AdapterErrorCode>> = {
  ENOSPC: "DISK_FULL",
  EDQUOT: "DISK_FULL",
  EROFS: "READ_ONLY",
  ENOENT: "NOT_FOUND",
  ENOTDIR: "NOT_FOUND",
  EACCES: "DENIED",
  EPERM: "DENIED",
};

function faultOf(error: unknown): { readonly errno: string; readonly message: string } {
  const errno = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return { errno, message: error instanceof Error ? error.message : String(error) };
}

/** A fault of Node's in our words; the message names the path, as Node's own does. */
function told(error: unknown): AdapterError {
  const { errno, message } = faultOf(error);
  return new AdapterError(codes[errno] ?? "UNEXPECTED_ANSWER", message, error);
}

/** Runs one call of Node's and tells its fault. */
function reach<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw told(error);
  }
}

/** Like {@link reach}, with an answer for a path that is not there. */
function reachOr<T>(absent: T, call: () => T): T {
  try {
    return reach(call);
  } catch (error) {
    if (error instanceof AdapterError && error.code === "NOT_FOUND") return absent;
    throw error;
  }
}

function isPieces(data: FileBytes): data is readonly Uint8Array[] {
  return Array.isArray(data);
}

/** writev(2) takes so many pieces at once, and may write fewer bytes than it was given. */
const mostPieces = 1024;

function writePieces(path: string, pieces: readonly Uint8Array[], mode: number): void {
  const descriptor = openSync(path, "w", mode);
  try {
    let left = pieces.filter((piece) => piece.length > 0);
    while (left.length > 0) {
      let written = writevSync(descriptor, left.slice(0, mostPieces));
      const half = left.findIndex((piece) => {
        if (written < piece.length) return true;
        written -= piece.length;
        return false;
      });
      const [first, ...rest] = half === -1 ? [] : left.slice(half);
      left = first === undefined ? [] : [first.subarray(written), ...rest];
    }
  } finally {
    closeSync(descriptor);
  }
}

function syncPath(path: string): void {
  reach(() => {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** The machine's own disk. */
export class NodeDisk implements Disk {
  read(path: string): Buffer {
    return reach(() => readFileSync(path));
  }

  write(path: string, data: FileBytes, mode = 0o644): void {
    reach(() => (isPieces(data) ? writePieces(path, data, mode) : writeFileSync(path, data, { mode })));
  }

  append(path: string, data: Uint8Array | string): void {
    reach(() => appendFileSync(path, data));
  }

  replace(path: string, data: FileBytes, mode = 0o644): void {
    // The name is ours alone within the directory; one left over from a crash is simply written anew.
    const beside = join(dirname(path), `.${basename(path)}.release-bot-new`);
    try {
      this.write(beside, data, mode);
      this.syncFile(beside);
      this.rename(beside, path);
    } catch (error) {
      // Half a file must not stay behind on a full disk; that it cannot be removed changes nothing about the fault.
      if (!(error instanceof AdapterError && error.code === "READ_ONLY")) rmSync(beside, { force: true });
      throw error;
    }
    this.syncDirectory(dirname(path));
  }

  syncFile(path: string): void {
    syncPath(path);
  }

  syncDirectory(path: string): void {
    syncPath(path);
  }

  async syncAll(paths: readonly string[]): Promise<void> {
    const ended = await Promise.allSettled(
      paths.map(async (path) => {
        const file = await open(path, "r");
        try {
          await file.sync();
        } finally {
          await file.close();
        }
      }),
    );
    for (const one of ended) if (one.status === "rejected") throw told(one.reason);
  }

  link(from: string, to: string): void {
    reach(() => linkSync(from, to));
  }

  rename(from: string, to: string): void {
    reach(() => renameSync(from, to));
  }

  remove(path: string): void {
    reach(() => rmSync(path, { force: true }));
  }

  makeDirectory(path: string): void {
    reach(() => mkdirSync(path, { recursive: true }));
  }

  list(path: string): string[] {
    return reachOr([], () => readdirSync(path).sort());
  }

  stat(path: string): { size: number; mtimeMs: number; inode: number; directory: boolean } | null {
    return reachOr(null, () => {
      const found = statSync(path);
      return { size: found.size, mtimeMs: found.mtimeMs, inode: found.ino, directory: found.isDirectory() };
    });
  }
}
