/** What a file is to hold; pieces are written one after the other, without being put together in memory first. */
export type FileBytes = Uint8Array | string | readonly Uint8Array[];

/**
 * The disk as a port, with its syncs. Nothing is durable before {@link Disk.syncFile} of the file *and*
 * {@link Disk.syncDirectory} of the directory that names it; a test stands behind this port that forgets the rest, since
 * killing a process proves nothing about that. Paths are absolute. Faults are AdapterError (`DISK_FULL`, `READ_ONLY`,
 * `NOT_FOUND`, `DENIED`).
 */
export interface Disk {
  read(path: string): Buffer;
  /** Creates or truncates. Not durable until synced. */
  write(path: string, data: FileBytes, mode?: number): void;
  append(path: string, data: Uint8Array | string): void;
  /** Replaces atomically: temporary file beside it, sync, rename, sync of the directory. */
  replace(path: string, data: FileBytes, mode?: number): void;
  syncFile(path: string): void;
  syncDirectory(path: string): void;
  /**
   * Syncs files and directories side by side: when it answers, all of them are durable, in whichever order. A file system
   * with a journal writes it once for many. Throws the first fault, after all have ended.
   */
  syncAll(paths: readonly string[]): Promise<void>;
  /** Hard link; an existing target is an error. */
  link(from: string, to: string): void;
  rename(from: string, to: string): void;
  /** Removing what is not there is no error. */
  remove(path: string): void;
  makeDirectory(path: string): void;
  /** Names in the directory, sorted; empty where there is no such directory. */
  list(path: string): string[];
  /** Null where there is nothing. */
  stat(
    path: string,
  ): { readonly size: number; readonly mtimeMs: number; readonly inode: number; readonly directory: boolean } | null;
}
