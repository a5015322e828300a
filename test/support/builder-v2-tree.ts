/** What qubes-builderv2 leaves behind, by the standard tools and with the very keys of its records: the past of a migration. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import type { GpgHome } from "./gpg-home.ts";
import type { PackageMaker } from "./package-maker.ts";
import { runTool } from "./tool.ts";

/** The kinds of repositories that it makes. */
export type BuilderKind = "rpm" | "deb" | "archlinux";

/** A component as builder v2 published it to `current-testing` on 2026-11-10, for one distribution of each kind. */
export interface BuilderTree {
  readonly artifacts: string;
  /** `repository-publish`. */
  readonly root: string;
  readonly dists: Readonly<Record<BuilderKind, string>>;
  /** A record's text. */
  record(kind: BuilderKind, spec: string): string;
}

const version = "1.0-1";
const dists = { rpm: "host-fc41", deb: "vm-bookworm", archlinux: "vm-archlinux" } as const;

/** Makes the tree of the component `alpha`, of two spec files where it is rpms, built from the commit aaaa…. */
export function makeBuilderTree(directory: string, gpg: GpgHome, key: string, maker: PackageMaker): BuilderTree {
  const artifacts = join(directory, "artifacts");
  const root = join(artifacts, "repository-publish");
  const component = join(artifacts, "components/alpha", version);
  const sign = (file: string, to: string, how: readonly string[]): void => {
    gpg.gpg(["--local-user", key, "--armor", "--output", to, ...how, file]);
  };
  const write = (path: string, tree: Readonly<Record<string, unknown>>): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, stringify(tree, { version: "1.1" }));
  };
  const record = (kind: BuilderKind, spec: string): string =>
    join(component, dists[kind], "publish", `${spec}.publish.yml`);
  const published = {
    "source-hash": "abc",
    "repository-publish": [{ name: "current-testing", timestamp: "202611100000" }],
  };
  write(join(component, "nodist/fetch/source.fetch.yml"), {
    "source-hash": "abc",
    "git-commit-hash": "a".repeat(40),
    "git-version-tags": ["v1.0"],
  });

  const rpms = ["alpha", "alpha-extra"].map((name) => maker.rpm({ name, version }, key));
  const rpmBase = join(root, "rpm/r4.3/current-testing/host/fc41");
  copyAll(rpms, join(rpmBase, "rpm"));
  runTool("createrepo_c", ["--quiet", rpmBase]);
  sign(join(rpmBase, "repodata/repomd.xml"), join(rpmBase, "repodata/repomd.xml.asc"), ["--detach-sign"]);
  for (const [index, rpm] of rpms.entries()) {
    // It makes a buildinfo of rpms, and does not publish it.
    const buildinfo = `${basename(rpm, ".rpm")}.buildinfo`;
    const files = [basename(rpm), buildinfo].map((name) => `rpm/${name}`);
    write(record("rpm", `rpm_spec_${index}.spec`), { ...published, rpms: [basename(rpm)], buildinfo, files });
  }

  const debBase = join(root, "deb/r4.3/vm");
  mkdirSync(join(debBase, "conf"), { recursive: true });
  const suites = ["bookworm", "bookworm-testing"];
  writeFileSync(join(debBase, "conf/distributions"), suites.map(suiteOfBuilder).join("\n"));
  const deb = maker.deb({ name: "alpha", version, source: "alpha" });
  const dsc = maker.debSource({ name: "alpha", version: "1.0" }).find((file) => file.endsWith(".dsc")) ?? "";
  const reprepro = ["--silent", "-b", debBase];
  const include = [...reprepro, "-S", "admin", "-P", "optional"];
  runTool("reprepro", [...include, "includedsc", "bookworm-testing", dsc]);
  runTool("reprepro", [...include, "includedeb", "bookworm-testing", deb]);
  runTool("reprepro", [...reprepro, "export"]);
  for (const suite of suites.map((name) => join(debBase, "dists", name))) {
    sign(join(suite, "Release"), join(suite, "Release.gpg"), ["--detach-sign"]);
    sign(join(suite, "Release"), join(suite, "InRelease"), ["--clearsign"]);
  }
  const names = { dsc: basename(dsc), debian: "alpha_1.0.tar.xz", changes: "alpha_1.0_amd64.changes" };
  const debFiles = [basename(deb), ...Object.values(names), "alpha_1.0_amd64.buildinfo"];
  write(record("deb", "debian"), {
    ...published,
    ...names,
    buildinfo: "alpha_1.0_amd64.buildinfo",
    packages: [basename(deb)],
    files: debFiles,
  });

  const pkg = maker.arch({ name: "alpha", version }, key);
  const archBase = join(root, "archlinux/r4.3/current-testing/vm/archlinux/pkgs");
  copyAll([pkg, `${pkg}.sig`], archBase);
  const database = join(archBase, "qubes-r4.3-current-testing.db.tar.gz");
  runTool("repo-add", ["--quiet", database, join(archBase, basename(pkg))]);
  // Armored, under a name that no pacman asks for.
  sign(database, `${database}.sig`, ["--detach-sign"]);
  write(record("archlinux", "archlinux"), { ...published, packages: [basename(pkg)] });

  return { artifacts, root, dists, record: (kind, spec) => readFileSync(record(kind, spec), "utf8") };
}

function copyAll(files: readonly string[], directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const file of files) copyFileSync(file, join(directory, basename(file)));
}

function suiteOfBuilder(codename: string): string {
  const fields = {
    Origin: "Qubes OS Debian",
    Label: "Qubes Debian",
    Codename: codename,
    AlsoAcceptFor: "bookworm",
    Architectures: "amd64 source",
    Components: "main",
    Description: "Apt repository with Qubes OS r4.3 domU support tools for Debian bookworm",
    Tracking: "all includebuildinfos",
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}
