/** A template for qubes that systemd boots: a small Debian of its own, with what `infra render` says and our packages in it. */

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const checkout = join(import.meta.dirname, "../..");

/** Runs a program that may take minutes; throws with its last words. */
function run(program: string, args: readonly string[]): string {
  try {
    const environment = {
      PATH: process.env["PATH"],
      HOME: "/root",
      LC_ALL: "C.UTF-8",
      DEBIAN_FRONTEND: "noninteractive",
    };
    return execFileSync(program, args, { encoding: "utf8", env: environment, stdio: "pipe", maxBuffer: 64 << 20 });
  } catch (fault) {
    const { stdout = "", stderr = "" } = fault as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")}: ${`${stdout}${stderr}`.trim().slice(-600)}`);
  }
}

/** Throws one line where this machine cannot boot a systemd of its own. */
export function requireNamespaces(): void {
  const remedy = "run it as root on a machine that allows namespaces, overlays and control groups (no plain container)";
  if (process.getuid?.() !== 0) throw new Error(`booting systemd takes root: ${remedy}`);
  const tried =
    "d=$(mktemp -d) && mount -t tmpfs t $d && mkdir $d/u $d/w $d/m $d/c && mount -t cgroup2 c $d/c && mkdir $d/c/rb-probe && rmdir $d/c/rb-probe && mount -t overlay -o lowerdir=/usr,upperdir=$d/u,workdir=$d/w o $d/m";
  try {
    run("unshare", ["--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "sh", "-c", tried]);
  } catch (fault) {
    const [line = ""] = String(fault).split(": ").slice(-2).join(": ").split("\n");
    throw new Error(`no systemd can be booted here (${line}): ${remedy}`);
  }
  try {
    run("debootstrap", ["--version"]);
  } catch {
    throw new Error("debootstrap is missing: run 'sh packaging/setup.sh soak'");
  }
}

/** What goes into a template. */
export interface TemplateWish {
  readonly directory: string;
  /** Debian's packages. */
  readonly packages: readonly string[];
  /** Units to enable. */
  readonly units: readonly string[];
  /** Units that Debian enables, and that are not to start. */
  readonly disabled: readonly string[];
}

/**
 * Makes it: debootstrap, then apt with Debian's packages, then apt with our two and a nodejs that is this checkout's Node,
 * since Debian 12's own is too old. What the packages do not depend on is not there.
 */
export function makeTemplate({ directory, packages, units, disabled }: TemplateWish): void {
  // What any template of Qubes has, and its user.
  const base = ["systemd", "systemd-sysv", "libpam-systemd", "sudo"];
  run("debootstrap", ["--variant=minbase", "bookworm", directory, "http://deb.debian.org/debian"]);
  const inside = (...words: string[]): string => run("chroot", [directory, ...words]);
  writeFileSync(join(directory, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  inside("useradd", "--create-home", "--uid", "1000", "--shell", "/bin/bash", "user");
  inside("apt-get", "update");
  inside("apt-get", "install", "-y", "--no-install-recommends", ...base, ...packages);
  const incoming = join(directory, "var/tmp/incoming");
  mkdirSync(incoming);
  run(process.execPath, [join(checkout, "packaging/build.mjs"), incoming]);
  nodePackage(incoming);
  const files = readdirSync(incoming).filter((name) => name.endsWith(".deb"));
  inside("apt-get", "install", "-y", "--no-install-recommends", ...files.map((name) => `/var/tmp/incoming/${name}`));
  for (const [verb, named] of Object.entries({ disable: disabled, enable: units })) {
    if (named.length > 0) inside("systemctl", verb, ...named);
  }
  writeFileSync(
    join(directory, "usr/bin/qrexec-client-vm"),
    '#!/bin/sh\nexec /usr/bin/node /opt/checkout/src/lab/broker.ts call /opt/qrexec/socket "$@"\n',
    { mode: 0o755 },
  );
}

function nodePackage(out: string): void {
  const stage = join(out, "nodejs");
  mkdirSync(join(stage, "DEBIAN"), { recursive: true });
  mkdirSync(join(stage, "usr/bin"), { recursive: true });
  copyFileSync(process.execPath, join(stage, "usr/bin/node"));
  chmodSync(join(stage, "usr/bin/node"), 0o755);
  const fields = ["Package: nodejs", `Version: ${process.versions.node}`, "Architecture: amd64"];
  const more = ["Maintainer: Nobody <nobody@localhost>", "Description: Node for this test"];
  writeFileSync(join(stage, "DEBIAN/control"), `${[...fields, ...more].join("\n")}\n`);
  run("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z1", "--build", stage, join(out, "nodejs.deb")]);
}
