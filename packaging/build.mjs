#!/usr/bin/env node
/**
 * Builds what is installed: `node packaging/build.mjs [OUT]` writes an npm tarball with its lock, and .deb and .rpm of the
 * program and of the key gate, into OUT (default: dist). Plain JavaScript, and no network: what goes in is what
 * the lock file has put into node_modules. Needs dpkg-deb and rpmbuild.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const root = resolve(import.meta.dirname, "..");
const out = resolve(process.argv[2] ?? join(root, "dist"));
const work = mkdtempSync(join(tmpdir(), "release-bot-build-"));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { version } = manifest;
// The same source makes the same packages: their dates are the commit's.
process.env.SOURCE_DATE_EPOCH ??= commitTime();

/** The time of the last commit; 0 for sources without a history. */
function commitTime() {
  try {
    return run("git", ["log", "-1", "--format=%ct"], root).trim();
  } catch {
    return "0";
  }
}

function run(program, args, cwd = root) {
  return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** The lock file's Node: the one that this runs on may be too old to run the sources as they are. */
const node = join(root, "node_modules/.bin/node");

/** What the program itself says: the manual page, the shells' completions. */
function said(...words) {
  return run(existsSync(node) ? node : process.execPath, [join(root, "src/programs/release-bot.ts"), ...words]);
}

let manPage = "";
const completions = [
  ["bash", "usr/share/bash-completion/completions/release-bot"],
  ["zsh", "usr/share/zsh/site-functions/_release-bot"],
  ["fish", "usr/share/fish/vendor_completions.d/release-bot.fish"],
];

function write(path, text, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** JavaScript of src and commands without the lab, and beside it the files that the programs read. */
function compile(target) {
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "packaging", "--outDir", target]);
  for (const folder of ["src", "commands"]) {
    cpSync(join(root, folder), join(target, folder), {
      recursive: true,
      filter: (path) => !path.endsWith(".ts") && relative(root, path) !== join("src", "lab"),
    });
  }
}

/** What of the lock file the installed program needs: a path and its entry each. */
function lockedDependencies() {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.dev !== true);
}

/** The libraries that the installed program needs, without what only their developers do. */
function copyDependencies(target) {
  for (const [path, { optional }] of lockedDependencies()) {
    const from = join(root, path);
    if (!existsSync(from)) {
      // For another platform. Any other has to be there, or the package would be one that does not run.
      if (optional === true) continue;
      throw new Error(`${path} is missing: run npm ci`);
    }
    const unwanted =
      /\.(map|ts|mts|cts|flow|md|markdown)$|\/(test|tests|docs|example|examples|\.github|node_modules)$/i;
    cpSync(from, join(target, path), { recursive: true, filter: (file) => file === from || !unwanted.test(file) });
  }
}

/** package.json of what is installed: its programs are JavaScript, and it builds nothing. */
function installedManifest() {
  const { name, description, license, type, engines, dependencies } = manifest;
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: { "release-bot": "src/programs/release-bot.js" },
    dependencies,
  };
}

/** The lock of exactly those dependencies. */
function shrinkwrap() {
  const { name, dependencies, engines, bin, license } = installedManifest();
  const packages = {
    "": { name, version, license, dependencies, bin, engines },
    ...Object.fromEntries(lockedDependencies()),
  };
  return { name, version, lockfileVersion: 3, requires: true, packages };
}

/** Found from where the wrapper lies, so that it also runs under another root. Node 22 warns of its SQLite, which 24 does not. */
function wrapper(program) {
  return `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
exec "\${RELEASE_BOT_NODE:-node}" --disable-warning=ExperimentalWarning "$here/../lib/${program}" "$@"
`;
}

async function tree(name) {
  const stage = join(work, name);
  const { renderUnits } = await import(join(work, "compiled/src/infra/index.js"));
  const { serviceFiles } = await import("./service-files.mjs");
  const gate = name === "qubes-release-bot-key-gate";
  const library = join(stage, "usr/lib", name);
  if (gate) {
    // Nothing but Node's own modules: this one file, and the line that starts it.
    write(join(library, "key-gate.mjs"), readFileSync(join(work, "compiled/src/programs/key-gate.js"), "utf8"));
    write(
      join(library, "main.mjs"),
      'import { main } from "./key-gate.mjs";\n\nprocess.exitCode = await main(process.argv.slice(2));\n',
    );
    write(join(stage, "usr/bin/release-bot-key-gate"), wrapper(`${name}/main.mjs`), 0o755);
  } else {
    cpSync(join(work, "compiled"), library, { recursive: true });
    copyDependencies(library);
    write(join(library, "package.json"), `${JSON.stringify(installedManifest(), null, 2)}\n`);
    write(join(stage, "usr/share/man/man1/release-bot.1.gz"), gzipSync(manPage, { level: 9 }));
    for (const [shell, path] of completions) write(join(stage, path), said("completion", shell));
    write(join(stage, "usr/bin/release-bot"), wrapper(`${name}/src/programs/release-bot.js`), 0o755);
  }
  for (const [unit, text] of renderUnits()) {
    if (unit.startsWith("release-bot-key-gate.") === gate) write(join(stage, "usr/lib/systemd/system", unit), text);
  }
  for (const [path, text] of serviceFiles(gate)) {
    write(join(stage, "usr/share", name, "qubes-rpc", path), text, path.includes("rpc-config/") ? 0o644 : 0o755);
  }
  cpSync(join(root, "LICENSE"), join(stage, "usr/share/doc", name, "copyright"));
  cpSync(join(root, "CHANGELOG.md"), join(stage, "usr/share/doc", name, "CHANGELOG.md"));
  return stage;
}

const about = {
  "qubes-release-bot": {
    summary: "Signed-comment bot and release promoter for Qubes OS",
    deb: "nodejs (>= 22.13), git, gnupg, sqv",
    rpm: "nodejs >= 22.13, git, gnupg2, sequoia-sqv",
  },
  "qubes-release-bot-key-gate": {
    summary: "Lets out signatures only for what a public build log has announced",
    deb: "nodejs (>= 22.13), gnupg",
    rpm: "nodejs >= 22.13, gnupg2",
  },
};

function buildDeb(name, stage) {
  const { summary, deb } = about[name];
  const copy = join(work, `${name}.deb.d`);
  cpSync(stage, copy, { recursive: true });
  write(
    join(copy, "DEBIAN/control"),
    `Package: ${name}
Version: ${version}
Architecture: all
Maintainer: Qubes OS release maintainers <builder-bot@qubes-os.org>
Section: admin
Priority: optional
Depends: ${deb}
Description: ${summary}
 The units start only in qubes where dom0 has set the feature. See docs/infrastructure.md.
`,
  );
  run("dpkg-deb", ["--root-owner-group", "-Zxz", "-z1", "--build", copy, join(out, `${name}_${version}_all.deb`)]);
}

function buildRpm(name, stage) {
  const { summary, rpm } = about[name];
  const files = readdirSync(stage, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `"/${relative(stage, join(entry.parentPath, entry.name))}"`);
  const spec = `Name: ${name}
Version: ${version}
Release: 1
Summary: ${summary}
License: GPL-2.0-or-later
BuildArch: noarch
AutoReqProv: no
Requires: ${rpm}

%description
${summary}. The units start only in qubes where dom0 has set the feature.

%install
mkdir -p %{buildroot}
cp -a ${stage}/. %{buildroot}/

%files
%defattr(-,root,root,-)
${files.join("\n")}
`;
  const top = join(work, "rpm", name);
  write(join(top, `${name}.spec`), spec);
  const macros = [
    `_topdir ${top}`,
    "__os_install_post %{nil}",
    "_build_id_links none",
    "use_source_date_epoch_as_buildtime 1",
  ];
  const defines = [
    ...macros,
    "clamp_mtime_to_source_date_epoch 1",
    "_binary_payload w3.zstdio",
    "_buildhost localhost",
  ].flatMap((macro) => ["--define", macro]);
  run("rpmbuild", ["-bb", "--quiet", ...defines, join(top, `${name}.spec`)], top);
  cpSync(join(top, "RPMS/noarch", `${name}-${version}-1.noarch.rpm`), join(out, `${name}-${version}-1.noarch.rpm`));
}

function packNpm() {
  const stage = join(work, "npm");
  cpSync(join(work, "compiled"), stage, { recursive: true });
  write(join(stage, "package.json"), `${JSON.stringify({ ...installedManifest(), man: "release-bot.1" }, null, 2)}\n`);
  write(join(stage, "release-bot.1"), manPage);
  write(join(stage, "npm-shrinkwrap.json"), `${JSON.stringify(shrinkwrap(), null, 2)}\n`);
  for (const name of ["LICENSE", "CHANGELOG.md"]) cpSync(join(root, name), join(stage, name));
  chmodSync(join(stage, "src/programs/release-bot.js"), 0o755);
  run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", out], stage);
}

try {
  mkdirSync(out, { recursive: true });
  compile(join(work, "compiled"));
  // Read as modules from here on, also where there is no package.json around the temporary directory.
  write(join(work, "package.json"), '{ "type": "module" }\n');
  cpSync(join(root, "node_modules"), join(work, "node_modules"), {
    recursive: true,
    filter: (path) => /node_modules(\/(zod|yaml)(\/.*)?)?$/.test(path),
  });
  manPage = said("help", "man");
  packNpm();
  for (const name of Object.keys(about)) {
    const stage = await tree(name);
    buildDeb(name, stage);
    buildRpm(name, stage);
  }
  for (const name of readdirSync(out).sort()) process.stdout.write(`${join(out, name)}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
