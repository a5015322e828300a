import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeDisk } from "../../../src/adapters/files/index.ts";
import { AdapterError } from "../../../src/domain/index.ts";

let root: string;
const disk = new NodeDisk();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "disk-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function codeOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    return error instanceof AdapterError ? error.code : "not an AdapterError";
  }
  return "no fault";
}

describe("the machine's disk", () => {
  it("writes pieces one after the other, however many they are", () => {
    const path = join(root, "file");
    const pieces = Array.from({ length: 3_000 }, (_, number) => Buffer.from("x".repeat(number % 7)));
    disk.write(path, "it held something longer before".repeat(1_000));
    disk.write(path, pieces);
    expect(disk.read(path).equals(Buffer.concat(pieces))).toBe(true);
    disk.replace(path, [Buffer.from("one, "), Buffer.alloc(0), Buffer.from("two")]);
    expect(disk.read(path).toString()).toBe("one, two");
    disk.write(path, []);
    expect(disk.read(path).length).toBe(0);
    expect(codeOf(() => disk.write("/dev/full", pieces))).toBe("DISK_FULL");
  });

  it("reads what was written, appended and replaced", () => {
    const path = join(root, "file");
    disk.write(path, "one\n");
    disk.append(path, "two\n");
    disk.syncFile(path);
    expect(Buffer.from(disk.read(path)).toString()).toBe("one\ntwo\n");
    disk.replace(path, "three\n");
    disk.syncDirectory(root);
    expect(Buffer.from(disk.read(path)).toString()).toBe("three\n");
    expect(readdirSync(root)).toEqual(["file"]);
  });

  it("makes directories with their parents, and lists them sorted", () => {
    disk.makeDirectory(join(root, "b/c"));
    disk.makeDirectory(join(root, "a"));
    expect(disk.list(root)).toEqual(["a", "b"]);
    expect(disk.list(join(root, "absent"))).toEqual([]);
    expect(disk.stat(join(root, "a"))?.directory).toBe(true);
  });

  it("gives a linked file the same inode, and refuses to link over an existing one", () => {
    disk.write(join(root, "from"), "x");
    disk.link(join(root, "from"), join(root, "to"));
    expect(disk.stat(join(root, "to"))?.inode).toBe(disk.stat(join(root, "from"))?.inode);
    expect(codeOf(() => disk.link(join(root, "from"), join(root, "to")))).not.toBe("no fault");
  });

  it("removes what is not there without a fault, and says null of it", () => {
    disk.remove(join(root, "absent"));
    expect(disk.stat(join(root, "absent"))).toBeNull();
    expect(codeOf(() => disk.read(join(root, "absent")))).toBe("NOT_FOUND");
  });

  it("names a full disk, and leaves nothing of a replacement that did not fit", () => {
    const small = join(root, "small");
    disk.makeDirectory(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]);
    try {
      disk.write(join(small, "file"), "old");
      expect(codeOf(() => disk.replace(join(small, "file"), Buffer.alloc(1 << 20)))).toBe("DISK_FULL");
      expect(disk.list(small)).toEqual(["file"]);
      expect(Buffer.from(disk.read(join(small, "file"))).toString()).toBe("old");
      execFileSync("mount", ["-o", "remount,ro", small]);
      expect(codeOf(() => disk.replace(join(small, "file"), "new"))).toBe("READ_ONLY");
    } finally {
      execFileSync("umount", [small]);
    }
  });
});
