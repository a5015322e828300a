import { type Disk, type FileBytes, NodeDisk } from "../../src/adapters/files/index.ts";
import { AdapterError } from "../../src/domain/index.ts";

/** What goes wrong with the disk, from one step on. */
export type DiskFault = "full" | "read-only";

/** The machine's disk, which from a chosen change on is full (nothing new fits; renaming and removing go on), or read-only. */
export class FailingDisk implements Disk {
  readonly #real = new NodeDisk();
  readonly #fault: DiskFault;
  readonly #after: number;
  /** How many changes were tried. */
  steps = 0;

  constructor(fault: DiskFault, after: number) {
    this.#fault = fault;
    this.#after = after;
  }

  read(path: string): Buffer {
    return this.#real.read(path);
  }
  list(path: string): string[] {
    return this.#real.list(path);
  }
  stat(path: string): ReturnType<Disk["stat"]> {
    return this.#real.stat(path);
  }
  syncFile(path: string): void {
    this.#real.syncFile(path);
  }
  syncDirectory(path: string): void {
    this.#real.syncDirectory(path);
  }
  syncAll(paths: readonly string[]): Promise<void> {
    return this.#real.syncAll(paths);
  }
  write(path: string, data: FileBytes, mode?: number): void {
    this.#change("takes space");
    this.#real.write(path, data, mode);
  }
  append(path: string, data: Uint8Array | string): void {
    this.#change("takes space");
    this.#real.append(path, data);
  }
  replace(path: string, data: FileBytes, mode?: number): void {
    this.#change("takes space");
    this.#real.replace(path, data, mode);
  }
  link(from: string, to: string): void {
    this.#change("takes space");
    this.#real.link(from, to);
  }
  makeDirectory(path: string): void {
    if (this.#real.stat(path) !== null) return;
    this.#change("takes space");
    this.#real.makeDirectory(path);
  }
  rename(from: string, to: string): void {
    this.#change("takes none");
    this.#real.rename(from, to);
  }
  remove(path: string): void {
    if (this.#real.stat(path) === null) return;
    this.#change("takes none");
    this.#real.remove(path);
  }

  #change(space: "takes space" | "takes none"): void {
    this.steps += 1;
    if (this.steps <= this.#after) return;
    if (this.#fault === "read-only") throw new AdapterError("READ_ONLY", "EROFS: read-only file system");
    if (space === "takes space") throw new AdapterError("DISK_FULL", "ENOSPC: no space left on device");
  }
}
