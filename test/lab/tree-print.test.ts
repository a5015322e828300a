import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedPaths, printTree } from "../../src/lab/tree-print.ts";

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "rb-tree-"));
  mkdirSync(join(tree, "repodata"));
  writeFileSync(join(tree, "repodata/repomd.xml"), "one");
  symlinkSync("repomd.xml", join(tree, "repodata/link"));
});

afterEach(() => rmSync(tree, { recursive: true }));

describe("the fingerprint of a repository", () => {
  it("is the same while nothing moves", () => {
    expect(changedPaths(printTree(tree), printTree(tree))).toEqual([]);
    expect([...printTree(tree).keys()]).toEqual(["repodata/link", "repodata/repomd.xml"]);
  });

  it("tells of a file that came, went, changed without changing its length, or points elsewhere", () => {
    const before = printTree(tree);
    writeFileSync(join(tree, "repodata/repomd.xml"), "two");
    writeFileSync(join(tree, "new.rpm"), "");
    rmSync(join(tree, "repodata/link"));
    symlinkSync("../new.rpm", join(tree, "repodata/link"));
    expect(changedPaths(before, printTree(tree)).sort()).toEqual(["new.rpm", "repodata/link", "repodata/repomd.xml"]);
  });

  it("is empty for a repository that is not there, and tells when it comes", () => {
    const gone = join(tree, "current");
    expect(printTree(gone).size).toBe(0);
    const before = printTree(gone);
    mkdirSync(gone);
    writeFileSync(join(gone, "a"), "");
    expect(changedPaths(before, printTree(gone))).toEqual(["a"]);
  });
});
