import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainFault } from "../../src/lab/lab-fault.ts";
import { requireMachine } from "../../src/lab/requirements.ts";

describe("what the lab needs of the machine", () => {
  it("is there on a machine that was set up", () => {
    expect(() => requireMachine(process.env, [tmpdir()])).not.toThrow();
  });

  it("is named with the Debian package that has it where it is missing", () => {
    const directory = mkdtempSync(join(tmpdir(), "rb-path-"));
    symlinkSync("/usr/bin/git", join(directory, "git"));
    let said = "";
    try {
      requireMachine({ PATH: directory }, [tmpdir()]);
    } catch (fault) {
      said = explainFault(fault);
    }
    rmSync(directory, { recursive: true });
    expect(said).toMatch(/^missing: gpg, .*sqv.*dnf.*: install them \(apt-get install gnupg .*sqv.*dnf.*\)/);
    expect(said).not.toContain("git,");
    expect(said).not.toContain("\n");
  });

  it("is said in one line when the disk is full, or cannot be written to", () => {
    expect(explainFault(Object.assign(new Error("write"), { code: "ENOSPC" }))).toMatch(
      /disk is full: free some space/,
    );
    expect(explainFault(Object.assign(new Error("open\nfoo"), { code: "EROFS" }))).toMatch(
      /^cannot write here \(open; foo\)/,
    );
  });
});
