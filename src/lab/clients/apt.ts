/** Real apt, from a private root: nothing of the machine's own lists, keys, caches or packages is looked at or touched. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool, tryTool } from "../tool.ts";

/** One suite of a repository, as a Debian qube has it in its sources. */
export interface AptSource {
  /** An own directory, made here. */
  readonly root: string;
  /** The directory that holds `dists/`. */
  readonly repository: string;
  readonly suite: string;
  /** The one key that may sign it. */
  readonly keyFile: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What apt made of it. */
export interface AptView {
  /** `apt-get update` ended well, so the signature and all hashes were right. */
  readonly refreshed: boolean;
  /** Versions of the package that apt offers. */
  readonly versions: readonly string[];
  /** The package's file, fetched and checked by apt; null where there is none. */
  readonly file: string | null;
  readonly said: string;
}

/** Refreshes from the suite, looks for the package, and fetches it where it is there. */
export async function askApt(source: AptSource, packageName: string): Promise<AptView> {
  const environment = configure(source);
  const update = await tryTool({ program: "apt-get", args: ["-q", "update"], environment });
  // apt answers 0 for a repository that it could not use, too: a warning is a failure here.
  const refreshed = update.status === 0 && !/^(W|E|Err)[: ]/m.test(`${update.stdout}\n${update.stderr}`);
  const said = `${update.stdout}${update.stderr}`.trim();
  if (!refreshed) return { refreshed, versions: [], file: null, said };
  const table = await runTool({ program: "apt-cache", args: ["madison", packageName], environment });
  const versions = table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([name, , origin]) => name === packageName && origin?.endsWith("Packages") === true)
    .flatMap(([, version]) => (version === undefined ? [] : [version]));
  if (versions.length === 0) return { refreshed, versions, file: null, said };
  const directory = join(source.root, "fetched");
  mkdirSync(directory, { recursive: true });
  await runTool({ program: "apt-get", args: ["-q", "download", packageName], environment, directory });
  const file = readdirSync(directory).find((name) => name.endsWith(".deb"));
  return { refreshed, versions, file: file === undefined ? null : join(directory, file), said };
}

function configure(source: AptSource): NodeJS.ProcessEnv {
  for (const directory of ["apt.conf.d", "preferences.d", "sources.list.d", "trusted.gpg.d"]) {
    mkdirSync(join(source.root, "etc/apt", directory), { recursive: true });
  }
  for (const directory of ["lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(source.root, directory), { recursive: true });
  }
  writeFileSync(join(source.root, "status"), "");
  writeFileSync(
    join(source.root, "etc/apt/sources.list"),
    `deb [signed-by=${source.keyFile}] file:${source.repository} ${source.suite} main\n`,
  );
  const configuration = join(source.root, "apt.conf");
  writeFileSync(
    configuration,
    `Dir "${source.root}";
Dir::Etc "${source.root}/etc/apt";
Dir::State "${source.root}";
Dir::State::status "${source.root}/status";
Dir::Cache "${source.root}/cache";
Dir::Log "${source.root}";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
`,
  );
  return { ...source.environment, APT_CONFIG: configuration };
}
