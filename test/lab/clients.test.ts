import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askApt } from "../../src/lab/clients/apt.ts";
import { askDnf } from "../../src/lab/clients/dnf.ts";
import { createThrowAwayKey, endAgent, exportKey, type ThrowAwayKey } from "../../src/lab/throw-away-key.ts";
import { runTool } from "../../src/lab/tool.ts";

const directory = mkdtempSync(join(tmpdir(), "rb-clients-"));
const at = (...names: string[]): string => join(directory, ...names);
const environment = { PATH: process.env["PATH"], HOME: directory, LANG: "C.UTF-8" };
let signer: ThrowAwayKey;
let stranger: ThrowAwayKey;
let runs = 0;

const run = (program: string, args: string[], cwd = directory): Promise<string> =>
  runTool({ program, args, environment: { ...environment, GNUPGHOME: signer.home }, directory: cwd });

beforeAll(async () => {
  const plan = { algorithm: "rsa3072", environment } as const;
  signer = await createThrowAwayKey({ ...plan, home: at("s"), name: "Signer", email: "signer@example.org" });
  stranger = await createThrowAwayKey({ ...plan, home: at("x"), name: "Stranger", email: "stranger@example.org" });
  exportKey(signer, at("signer.asc"));
  exportKey(stranger, at("stranger.asc"));
});

afterAll(async () => {
  for (const { home } of [signer, stranger]) await endAgent(home, environment);
  rmSync(directory, { recursive: true, force: true });
});

describe("real apt in a private root", () => {
  beforeAll(async () => {
    mkdirSync(at("pkg/DEBIAN"), { recursive: true });
    writeFileSync(
      at("pkg/DEBIAN/control"),
      "Package: greeting\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: greeting\n",
    );
    mkdirSync(at("deb/pool"), { recursive: true });
    await run("dpkg-deb", ["--root-owner-group", "--build", at("pkg"), at("deb/pool/greeting_1.0_all.deb")]);
    const packages = await run("dpkg-scanpackages", ["pool"], at("deb"));
    mkdirSync(at("deb/dists/bookworm/main/binary-amd64"), { recursive: true });
    writeFileSync(at("deb/dists/bookworm/main/binary-amd64/Packages"), packages);
    const sum = (await run("sha256sum", [at("deb/dists/bookworm/main/binary-amd64/Packages")])).slice(0, 64);
    writeFileSync(
      at("Release"),
      `Suite: bookworm\nCodename: bookworm\nDate: ${new Date().toUTCString()}\nArchitectures: amd64\nComponents: main\nSHA256:\n ${sum} ${packages.length} main/binary-amd64/Packages\n`,
    );
    await run("gpg", ["--batch", "--clear-sign", "--output", at("deb/dists/bookworm/InRelease"), at("Release")]);
  });

  const ask = (keyFile: string, name: string): ReturnType<typeof askApt> =>
    askApt({ root: at(`apt${++runs}`), repository: at("deb"), suite: "bookworm", keyFile, environment }, name);

  it("sees and fetches the package of a repository that its key signed", async () => {
    const view = await ask(at("signer.asc"), "greeting");
    expect(view).toMatchObject({ refreshed: true, versions: ["1.0"] });
    expect(view.file).toMatch(/greeting_1\.0_all\.deb$/);
  });

  it("does not see a package that is not there", async () => {
    expect(await ask(at("signer.asc"), "farewell")).toMatchObject({ refreshed: true, versions: [], file: null });
  });

  it("takes nothing from a repository that another key signed", async () => {
    expect(await ask(at("stranger.asc"), "greeting")).toMatchObject({ refreshed: false, versions: [] });
  });
});

describe("real dnf in a private root", () => {
  beforeAll(async () => {
    writeFileSync(
      at("greeting.spec"),
      "Name: greeting\nVersion: 1.0\nRelease: 1\nSummary: greeting\nLicense: GPL\nBuildArch: noarch\n%description\ngreeting\n%files\n",
    );
    await run("rpmbuild", ["--quiet", "--define", `_topdir ${at("rpmbuild")}`, "-bb", at("greeting.spec")]);
    for (const repository of ["signed", "plain"]) mkdirSync(at(repository, "rpm"), { recursive: true });
    const built = at("rpmbuild/RPMS/noarch");
    for (const name of readdirSync(built)) {
      copyFileSync(join(built, name), at("plain/rpm", name));
      copyFileSync(join(built, name), at("signed/rpm", name));
      await run("rpmsign", [
        "--define",
        "__gpg /usr/bin/gpg",
        "--define",
        `_gpg_name ${signer.fingerprint}`,
        "--addsign",
        at("signed/rpm", name),
      ]);
    }
    for (const repository of ["signed", "plain"]) {
      await run("createrepo_c", ["--quiet", "--no-database", at(repository)]);
      const metadata = at(repository, "repodata/repomd.xml");
      await run("gpg", ["--batch", "--armor", "--detach-sign", metadata]);
    }
  });

  const ask = (repository: string, keyFile: string, name: string): ReturnType<typeof askDnf> =>
    askDnf({ root: at(`dnf${++runs}`), repository: at(repository), keyFile, environment }, name);

  it("sees the package of a repository that its key signed, and the package's own signature", async () => {
    const view = await ask("signed", at("signer.asc"), "greeting");
    expect(view).toMatchObject({ refreshed: true, versions: ["1.0-1"] });
    expect(view.file).toMatch(/greeting-1\.0-1\.noarch\.rpm$/);
  });

  it("does not see a package that is not there", async () => {
    expect(await ask("signed", at("signer.asc"), "farewell")).toMatchObject({ refreshed: true, versions: [] });
  });

  it("takes nothing from a repository that another key signed", async () => {
    expect(await ask("signed", at("stranger.asc"), "greeting")).toMatchObject({ refreshed: false, versions: [] });
  });

  it("takes no package that is not signed itself, though the metadata is", async () => {
    await expect(ask("plain", at("signer.asc"), "greeting")).rejects.toThrow(/rpmkeys/);
  });
});
