/** What the lab needs of the machine, looked at before anything is started: better one clear line now than half a demo. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { LabFault } from "./lab-fault.ts";

/** Program → Debian package that has it. */
const programs: Readonly<Record<string, string>> = {
  git: "git",
  gpg: "gnupg",
  gpgconf: "gnupg",
  "gpg-agent": "gnupg",
  sqv: "sqv",
  rpm: "rpm",
  rpmbuild: "rpm",
  rpmkeys: "rpm",
  rpmsign: "rpm",
  createrepo_c: "createrepo-c",
  dnf: "dnf",
  "apt-get": "apt",
  "apt-cache": "apt",
  "dpkg-buildpackage": "dpkg-dev",
  "dpkg-scanpackages": "dpkg-dev",
  dh: "debhelper",
  fakeroot: "fakeroot",
  xz: "xz-utils",
  setpriv: "util-linux",
};

const neededMegabytes = 300;

/** Throws LabFault where nothing on this machine can reach 127.0.0.1. */
export async function requireLoopback(): Promise<void> {
  const server = createServer((socket) => socket.end());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const socket = connect((server.address() as AddressInfo).port, "127.0.0.1", resolve);
        socket.once("error", reject).on("connect", () => socket.destroy());
      });
    });
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    throw new LabFault(
      `127.0.0.1 cannot be reached (${why})`,
      "bring the loopback interface up (ip link set lo up), and start again",
    );
  } finally {
    server.close();
  }
}

/** Throws LabFault for the first thing that is missing. `directories` are where the run will write. */
export function requireMachine(environment: NodeJS.ProcessEnv, directories: readonly string[]): void {
  if (process.platform !== "linux")
    throw new LabFault("the lab runs on Linux only", "use a Debian 12 machine or container");
  const absent = Object.entries(programs).filter(([program]) => !isInstalled(program, environment));
  if (absent.length > 0) {
    const packages = [...new Set(absent.map(([, name]) => name))].join(" ");
    throw new LabFault(
      `missing: ${absent.map(([program]) => program).join(", ")}`,
      `install them (apt-get install ${packages}), and start again`,
    );
  }
  requireSpace(directories, neededMegabytes);
}

/** Throws LabFault where programs in the directory cannot be run: builds and a signing client lie there. */
export function requireExecutable(directory: string): void {
  const own = mkdtempSync(join(directory, "rb-exec-"));
  try {
    const script = join(own, "try");
    writeFileSync(script, "#!/bin/sh\nexit 0\n", { mode: 0o700 });
    if (spawnSync(script).status !== 0) {
      throw new LabFault(
        `nothing can be run in ${directory} (is it mounted noexec?)`,
        "set TMPDIR to another short path",
      );
    }
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** Throws LabFault where one of the directories has less than so many MB free. */
export function requireSpace(directories: readonly string[], megabytes: number): void {
  for (const directory of directories) {
    const free = freeMegabytes(directory);
    if (free < megabytes) {
      throw new LabFault(
        `the disk is full: ${free} MB are free in ${directory}, and ${megabytes} MB are needed`,
        "free some space (for the temporary directory: or set TMPDIR to another short path), and start again",
      );
    }
  }
}

function freeMegabytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return Math.floor((bavail * bsize) / 1_000_000);
  } catch {
    throw new LabFault(
      `${directory} cannot be used as a temporary directory`,
      "set TMPDIR to one that exists, and start again",
    );
  }
}

function isInstalled(program: string, environment: NodeJS.ProcessEnv): boolean {
  return (environment["PATH"] ?? "").split(delimiter).some((directory) => {
    if (directory === "") return false;
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
