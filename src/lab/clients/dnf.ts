/** Real dnf, from a private root, with the signatures of metadata and of packages checked. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool, tryTool } from "../tool.ts";

/** One repository, as dom0 or a Fedora qube has it. */
export interface DnfSource {
  /** An own directory, made here. */
  readonly root: string;
  /** The directory that holds `repodata/`. */
  readonly repository: string;
  /** The one key that may sign metadata and packages. */
  readonly keyFile: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What dnf made of it. */
export interface DnfView {
  /** `dnf makecache` ended well, so the signature of repomd.xml and all hashes were right. */
  readonly refreshed: boolean;
  /** Versions (`VERSION-RELEASE`) of the package that dnf offers. */
  readonly versions: readonly string[];
  /** The package's file, its own signature checked by rpm; null where there is none. */
  readonly file: string | null;
  readonly said: string;
}

/** Refreshes from the repository, looks for the package, and checks its file where it is there. */
export async function askDnf(source: DnfSource, packageName: string): Promise<DnfView> {
  const dnf = configure(source);
  const refresh = await tryTool({
    program: "dnf",
    args: [...dnf, "--refresh", "makecache"],
    environment: source.environment,
  });
  const said = `${refresh.stdout}${refresh.stderr}`.trim();
  if (refresh.status !== 0) return { refreshed: false, versions: [], file: null, said };
  const query = [
    "--cacheonly",
    "repoquery",
    "--quiet",
    "--qf",
    "%{name} %{version}-%{release} %{arch} %{location}",
    packageName,
  ];
  const listed = await runTool({ program: "dnf", args: [...dnf, ...query], environment: source.environment });
  const found = listed
    .split("\n")
    .map((line) => line.trim().split(" "))
    // The source package stands beside the others, under the same name.
    .filter(([name, , arch, location]) => name === packageName && arch !== "src" && location !== undefined);
  const location = found.at(-1)?.[3];
  return {
    refreshed: true,
    versions: found.map(([, version]) => version ?? ""),
    file: location === undefined ? null : await checkPackage(source, location),
    said,
  };
}

async function checkPackage(source: DnfSource, location: string): Promise<string> {
  const from = location.startsWith("file:") ? fileURLToPath(location) : join(source.repository, location);
  const file = join(source.root, basename(from));
  copyFileSync(from, file);
  const database = ["--dbpath", join(source.root, "rpmdb")];
  const rpmkeys = (...args: string[]): Promise<string> =>
    runTool({ program: "rpmkeys", args: [...database, ...args], environment: source.environment });
  await rpmkeys("--import", source.keyFile);
  // Level "signature" asks for one: without it, rpmkeys is content with digests.
  await rpmkeys("--define", "_pkgverify_level signature", "--checksig", file);
  return file;
}

function configure(source: DnfSource): string[] {
  for (const directory of ["repos", "cache", "persist", "log", "root", "vars"]) {
    mkdirSync(join(source.root, directory), { recursive: true });
  }
  writeFileSync(join(source.root, "dnf.conf"), "[main]\ngpgcheck=1\nplugins=0\n");
  writeFileSync(
    join(source.root, "repos/lab.repo"),
    `[lab]
name=lab
baseurl=file://${source.repository}
gpgkey=file://${source.keyFile}
gpgcheck=1
repo_gpgcheck=1
enabled=1
metadata_expire=0
`,
  );
  const at = (name: string): string => join(source.root, name);
  return [
    "--assumeyes",
    `--config=${at("dnf.conf")}`,
    `--installroot=${at("root")}`,
    "--releasever=41",
    `--setopt=reposdir=${at("repos")}`,
    `--setopt=cachedir=${at("cache")}`,
    `--setopt=persistdir=${at("persist")}`,
    `--setopt=logdir=${at("log")}`,
    `--setopt=varsdir=${at("vars")}`,
  ];
}
