/** What the lab needs of the machine, looked at before anything is started: better one clear line now than half a demo. */
import { accessSync, constants, statfsSync } from "node:fs";
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
  for (const directory of directories) {
    const { bavail, bsize } = statfsSync(directory);
    const megabytes = Math.floor((bavail * bsize) / 1_000_000);
    if (megabytes < neededMegabytes) {
      throw new LabFault(
        `only ${megabytes} MB are free in ${directory}, and the demo needs ${neededMegabytes} MB`,
        "free some space (or set TMPDIR to a roomier short path), and start again",
      );
    }
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
