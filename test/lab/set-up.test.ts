import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const source = join(import.meta.dirname, "../..");
let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "rb-setup-"));
  mkdirSync(join(checkout, "bin"));
  cpSync(join(source, "packaging/setup.sh"), join(checkout, "packaging/setup.sh"));
  cpSync(join(source, "package-lock.json"), join(checkout, "package-lock.json"));
  // A machine that has everything, until a test takes something away.
  stand("dpkg-query", "printf 'install ok installed'");
  stand("apt-get", "exit 0");
  stand("dpkg", "exit 0");
  stand("npm", "mkdir -p node_modules");
  stand("uname", "echo x86_64");
  stand("id", "echo 0");
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function stand(program: string, script: string): void {
  const file = join(checkout, "bin", program);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function setUp(): { status: number | null; said: string; lines: number } {
  const { status, stderr } = spawnSync("sh", [join(checkout, "packaging/setup.sh"), "run"], {
    env: { PATH: `${join(checkout, "bin")}:/usr/bin:/bin` },
    encoding: "utf8",
  });
  return { status, said: stderr, lines: stderr.trim().split("\n").length };
}

const nothingInstalled = "exit 1";

describe("the set-up", () => {
  it("says nothing and ends well on a machine that has everything, and asks npm only once", () => {
    expect(setUp()).toMatchObject({ status: 0, said: "" });
    stand("npm", "echo must not run; exit 1");
    expect(setUp()).toMatchObject({ status: 0, said: "" });
  });

  it.each([
    ["npm has no network", "npm", "echo 'npm error code EAI_AGAIN'; exit 1", /no network: connect this machine/],
    ["the disk is full for npm", "npm", "echo 'npm error code ENOSPC'; exit 1", /the disk is full: free some space/],
    ["npm fails otherwise", "npm", "echo 'npm error code EUSAGE'; exit 1", /its last words: npm error code EUSAGE/],
    [
      "apt has no network",
      "apt-get",
      "echo \"Err: Temporary failure resolving 'mirror.example'\"; exit 100",
      /no network/,
    ],
    [
      "the disk is full for apt",
      "apt-get",
      "echo 'E: Not enough free space in /var/cache/apt/archives/.'; exit 100",
      /the disk is full/,
    ],
    ["apt does not know a package", "apt-get", "echo 'E: Unable to locate package sqv'; exit 100", /for Debian 12/],
  ])("says it in one line, and what to do, where %s", (_name, program, script, line) => {
    if (program === "apt-get") stand("dpkg-query", nothingInstalled);
    stand(program, script);
    const { status, said, lines } = setUp();
    expect(status).toBe(1);
    expect(said).toMatch(line);
    expect(said).toMatch(/run the same command again$/m);
    expect(lines).toBe(1);
  });

  it("names the packages to install where it may not install them", () => {
    stand("dpkg-query", nothingInstalled);
    stand("id", "echo 1000");
    rmSync(join(checkout, "bin"), { recursive: true });
    mkdirSync(join(checkout, "bin"));
    for (const program of ["dirname", "cat", "grep", "cmp"]) stand(program, `exec /usr/bin/${program} "$@"`);
    stand("dpkg-query", nothingInstalled);
    stand("uname", "echo x86_64");
    stand("id", "echo 1000");
    const { status, stderr } = spawnSync("/bin/sh", [join(checkout, "packaging/setup.sh"), "run"], {
      env: { PATH: join(checkout, "bin") },
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/not root and no sudo: as root, run: apt-get install .*sqv/);
  });
});
