import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Disk, type FileBytes, NodeDisk } from "../../src/adapters/files/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** What ends a run on a disk that lost its power: no fault that a program could handle. */
export class PowerLoss extends Error {}

interface Kept {
  readonly files: Map<number, Buffer>;
  /** Directory → name → inode; a subdirectory is kept by its own entry. */
  readonly directories: Map<string, Map<string, number>>;
}

/**
 * The machine's disk under one directory, which loses its power at a chosen step and then forgets what was not synced:
 * contents of files without {@link Disk.syncFile}, names without {@link Disk.syncDirectory}. What a disk may keep
 * although nobody asked for it is decided by `keeps`.
 */
export class ForgetfulDisk implements Disk {
  readonly #real = new NodeDisk();
  readonly #root: string;
  readonly #kept: Kept = { files: new Map(), directories: new Map() };
  /** How many changes have been made. */
  steps = 0;
  #powerAfter: number;
  /** Where removed files go on living, so that no other file gets the inode number that a forgotten name stands for. */
  readonly #graves = temporaryDirectory();

  /** Names that were put back with what was synced of them. */
  readonly #back = new Set<string>();

  constructor(root: string, powerAfter: number) {
    this.#root = root;
    this.#powerAfter = powerAfter;
    this.#scan(root);
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
  write(path: string, data: FileBytes, mode?: number): void {
    this.#step();
    this.#real.write(path, data, mode);
  }
  append(path: string, data: Uint8Array | string): void {
    this.#step();
    this.#real.append(path, data);
  }
  replace(path: string, data: FileBytes, mode?: number): void {
    const beside = `${path}.new`;
    this.write(beside, data, mode);
    this.syncFile(beside);
    this.rename(beside, path);
    this.syncDirectory(join(path, ".."));
  }
  syncFile(path: string): void {
    this.#step();
    this.#kept.files.set(lstatSync(path).ino, readFileSync(path));
  }
  syncDirectory(path: string): void {
    this.#step();
    if (path.startsWith(this.#root)) this.#keepDirectory(path);
  }
  async syncAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (lstatSync(path).isDirectory()) this.syncDirectory(path);
      else this.syncFile(path);
    }
  }
  link(from: string, to: string): void {
    this.#step();
    // What comes from elsewhere lies on a disk that forgets nothing.
    if (!from.startsWith(this.#root)) this.#kept.files.set(lstatSync(from).ino, readFileSync(from));
    this.#real.link(from, to);
  }
  rename(from: string, to: string): void {
    this.#step();
    this.#bury(to);
    this.#real.rename(from, to);
  }
  remove(path: string): void {
    this.#step();
    this.#bury(path);
    this.#real.remove(path);
  }
  makeDirectory(path: string): void {
    this.#step();
    this.#real.makeDirectory(path);
  }

  /** The power comes back: the directory is made to hold what was synced, and of the rest what `keeps` says. */
  restart(keeps: () => boolean): void {
    this.#powerAfter = Number.POSITIVE_INFINITY;
    this.#restore(this.#root, keeps, new Map());
    rmSync(this.#graves, { recursive: true, force: true });
  }

  #bury(path: string): void {
    if (this.#real.stat(path) !== null) linkSync(path, join(this.#graves, String(this.steps)));
  }

  #step(): void {
    this.steps += 1;
    if (this.steps > this.#powerAfter) throw new PowerLoss(`step ${this.steps}`);
  }

  #scan(directory: string): void {
    this.#keepDirectory(directory);
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      const found = lstatSync(path);
      if (found.isDirectory()) this.#scan(path);
      else this.#kept.files.set(found.ino, readFileSync(path));
    }
  }

  #keepDirectory(path: string): void {
    const names = readdirSync(path).map((name): [string, number] => [name, lstatSync(join(path, name)).ino]);
    this.#kept.directories.set(path, new Map(names));
  }

  #restore(directory: string, keeps: () => boolean, written: Map<number, string>): void {
    const kept = this.#kept.directories.get(directory) ?? new Map<string, number>();
    const now = new Map(readdirSync(directory).map((name) => [name, lstatSync(join(directory, name))]));
    for (const [name, found] of now) {
      if (kept.get(name) !== found.ino && !keeps()) rmSync(join(directory, name), { recursive: true, force: true });
    }
    for (const [name, inode] of kept) {
      const path = join(directory, name);
      const there = readdirSync(directory).includes(name);
      const isDirectory = this.#kept.directories.has(path);
      if (isDirectory) mkdirSync(path, { recursive: true });
      else if (!there) this.#putBack(path, inode, written);
    }
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      const found = lstatSync(path);
      if (found.isDirectory()) this.#restore(path, keeps, written);
      else if (!this.#isLock(path) && !this.#back.has(path)) this.#forgetContent(path, found.ino, keeps);
    }
  }

  /** SQLite's own files hold nothing but the lock, and do not come through this port. */
  #isLock(path: string): boolean {
    return path.endsWith(".lock");
  }

  #putBack(path: string, inode: number, written: Map<number, string>): void {
    const same = written.get(inode);
    if (same !== undefined) linkSync(same, path);
    else writeFileSync(path, this.#kept.files.get(inode) ?? "");
    written.set(inode, path);
    this.#back.add(path);
  }

  /** Contents that were never synced may be there, may be cut short, may be nothing. */
  #forgetContent(path: string, inode: number, keeps: () => boolean): void {
    const kept = this.#kept.files.get(inode);
    const now = readFileSync(path);
    if (kept === undefined) {
      if (!keeps()) writeFileSync(path, now.subarray(0, keeps() ? Math.floor(now.length / 2) : 0));
    } else if (!kept.equals(now)) writeFileSync(path, kept);
  }
}
