import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ToolRun, tryTool } from "./tool.ts";

/** A real package client in a private root, with signature checks on. */
export interface PackageClient {
  /** The command that a refresh runs. */
  readonly words: readonly string[];
  /** Fetches the repository's metadata; the run says whether it could. */
  refresh(): ToolRun;
  /** The packages that it offers, as `NAME VERSION`, sorted; after a refresh. */
  offers(): string[];
  remove(): void;
}

const directory = (): string => mkdtempSync(join(tmpdir(), "rb-cl-"));

/** dnf on a repository's directory or address; checks repomd.xml's signature (`repo_gpgcheck`). */
export function dnfClient(baseUrl: string, keyFile: string, metalink?: string): PackageClient {
  const root = directory();
  const source = metalink === undefined ? `baseurl=${baseUrl}` : `metalink=${metalink}`;
  const gpgCheck = metalink === undefined ? "repo_gpgcheck=1" : "repo_gpgcheck=0";
  const repo = [
    "[qubes]",
    "name=qubes",
    source,
    "enabled=1",
    "gpgcheck=1",
    gpgCheck,
    `gpgkey=file://${keyFile}`,
    "metadata_expire=0",
    "skip_if_unavailable=0",
    "",
  ];
  mkdirSync(join(root, "repos"));
  writeFileSync(join(root, "repos/qubes.repo"), repo.join("\n"));
  writeFileSync(join(root, "dnf.conf"), "[main]\nretries=1\n");
  const common = [
    "--config",
    join(root, "dnf.conf"),
    "--setopt",
    `reposdir=${join(root, "repos")}`,
    "--setopt",
    `cachedir=${join(root, "cache")}`,
    "--setopt",
    `logdir=${root}`,
    "--setopt",
    `persistdir=${join(root, "persist")}`,
    "--installroot",
    join(root, "root"),
    "--releasever",
    "41",
    "-y",
  ];
  return {
    words: ["dnf", ...common, "--refresh", "makecache"],
    refresh: () => tryTool("dnf", [...common, "--refresh", "makecache"]),
    offers: () => {
      const run = tryTool("dnf", [
        ...common,
        "--cacheonly",
        "--quiet",
        "repoquery",
        "--queryformat",
        "%{name} %{version}-%{release}",
      ]);
      return run.stdout
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        .sort();
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** apt on one suite of an archive. */
export function aptClient(archive: string, suite: string, keyFile: string): PackageClient {
  const root = directory();
  for (const path of ["etc/preferences.d", "etc/apt.conf.d", "lists/partial", "cache/archives/partial"])
    mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, "status"), "");
  writeFileSync(join(root, "etc/sources.list"), `deb [arch=amd64 signed-by=${keyFile}] ${archive} ${suite} main\n`);
  const common = [
    `Dir::Etc=${join(root, "etc")}`,
    `Dir::State::lists=${join(root, "lists")}`,
    `Dir::State::status=${join(root, "status")}`,
    `Dir::Cache=${join(root, "cache")}`,
    "APT::Sandbox::User=root",
    "APT::Update::Error-Mode=any",
    "Acquire::Languages=none",
  ].flatMap((option) => ["-o", option]);
  return {
    words: ["apt-get", ...common, "update"],
    refresh: () => tryTool("apt-get", [...common, "update"]),
    offers: () => {
      const run = tryTool("apt-cache", [...common, "dumpavail"]);
      const stanzas = run.stdout
        .toString()
        .split("\n\n")
        .filter((stanza) => stanza.trim() !== "");
      const field = (stanza: string, name: string): string =>
        new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1] ?? "";
      return stanzas.map((stanza) => `${field(stanza, "Package")} ${field(stanza, "Version")}`).sort();
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** pacman on one repository, which must be signed, as must its packages. */
export function pacmanClient(baseUrl: string, name: string, keyring: string): PackageClient {
  const root = directory();
  mkdirSync(join(root, "db"));
  mkdirSync(join(root, "cache"));
  const conf = [
    "[options]",
    `RootDir = ${root}`,
    `DBPath = ${join(root, "db")}`,
    `CacheDir = ${join(root, "cache")}`,
    `GPGDir = ${keyring}`,
    `LogFile = ${join(root, "log")}`,
    "Architecture = x86_64",
    "SigLevel = Required DatabaseRequired TrustedOnly",
    `[${name}]`,
    `Server = ${baseUrl}`,
    "",
  ];
  writeFileSync(join(root, "pacman.conf"), conf.join("\n"));
  const common = ["--config", join(root, "pacman.conf"), "--noconfirm", "--noprogressbar"];
  return {
    words: ["pacman", ...common, "-Syy"],
    refresh: () => tryTool("pacman", [...common, "-Syy"]),
    offers: () => {
      const run = tryTool("pacman", [...common, "-Sl", name]);
      return run.stdout
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" ").slice(1, 3).join(" "))
        .sort();
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
