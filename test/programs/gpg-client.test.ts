import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReceiptedLog } from "../../src/adapters/qrexec/log-service.ts";
import { LogChain } from "../support/log-chain.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runToolAsync, tryToolAsync } from "../support/tool-async.ts";

let chain: LogChain;
let log: ReceiptedLog;
let gpg: string;

beforeAll(async () => {
  chain = await LogChain.start();
  log = await chain.openLog("tools");
  gpg = chain.gpgProgram(log.socketPath);
});
afterAll(() => chain.stop());

/** The announcements of the log so far, as they stand in its tail. */
const announced = (): string[] =>
  log
    .tail()
    .split("\n")
    .filter((line) => line.startsWith("> sign "));

/** A keyring with the public key, so that the tool can check what it signed. */
function verifierHome(directory: string): string {
  const home = join(directory, "gnupg");
  mkdirSync(home, { mode: 0o700 });
  const key = chain.keysHome.exportKey(chain.key);
  writeFileSync(join(directory, "key.asc"), key);
  return home;
}

describe("release-bot gpg-client where a tool expects gpg", () => {
  it("signs a real rpm for rpmsign, announced, so that rpmkeys accepts it", async () => {
    const directory = temporaryDirectory();
    const spec = join(directory, "hello.spec");
    writeFileSync(
      spec,
      "Name: hello\nVersion: 1\nRelease: 1\nSummary: x\nLicense: GPL\nBuildArch: noarch\n%description\nx\n%files\n",
    );
    const top = ["--define", `_topdir ${directory}`, "--define", `_dbpath ${directory}/db`];
    await runToolAsync("rpmbuild", [...top, "-bb", spec]);
    const rpm = join(directory, "RPMS/noarch/hello-1-1.noarch.rpm");
    const before = announced().length;
    await runToolAsync("rpmsign", [
      ...top,
      "--define",
      `__gpg ${gpg}`,
      "--define",
      `_gpg_name ${chain.key}`,
      "--addsign",
      rpm,
    ]);
    expect(announced().length).toBe(before + 1);
    verifierHome(directory);
    await runToolAsync("rpmkeys", [...top, "--import", join(directory, "key.asc")]);
    const checked = await runToolAsync("rpmkeys", [...top, "--checksig", "-v", rpm]);
    expect(checked.stdout).toMatch(/Signature, key ID [0-9a-f]+: OK/);
    expect(checked.stdout).not.toMatch(/NOKEY|BAD/);
  });

  it("signs a tag for git", async () => {
    const directory = temporaryDirectory();
    const git = (...args: string[]) =>
      runToolAsync("git", ["-C", directory, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
    await git("init", "--quiet");
    await git("commit", "--quiet", "--allow-empty", "-m", "x");
    await git("-c", `gpg.program=${gpg}`, "-c", `user.signingkey=${chain.key}`, "tag", "-s", "-m", "v1", "v1");
    const tag = (await git("cat-file", "tag", "v1")).stdout;
    expect(tag).toContain("-----BEGIN PGP SIGNATURE-----");
    const home = verifierHome(directory);
    await runToolAsync("gpg", ["--homedir", home, "--batch", "--import", join(directory, "key.asc")]);
    const verified = await tryToolAsync("git", ["-C", directory, "verify-tag", "--raw", "v1"], { GNUPGHOME: home });
    await runToolAsync("gpgconf", ["--homedir", home, "--kill", "all"]);
    expect(verified.stderr).toContain(`VALIDSIG ${chain.key}`);
  });

  it("signs a suite for reprepro's hook: Release.gpg and InRelease, each announced", async () => {
    const directory = temporaryDirectory();
    const hook = join(directory, "sign");
    writeFileSync(
      hook,
      `#!/bin/sh\nset -e\n'${gpg}' -u ${chain.key} --clearsign -o "$2" "$1"\n'${gpg}' -u ${chain.key} -abs -o "$3" "$1"\n`,
      { mode: 0o755 },
    );
    mkdirSync(join(directory, "conf"));
    writeFileSync(
      join(directory, "conf/distributions"),
      `Codename: bookworm\nArchitectures: amd64 source\nComponents: main\nSignWith: !${hook}\n`,
    );
    await runToolAsync("reprepro", ["-b", directory, "export"]);
    const release = join(directory, "dists/bookworm");
    expect(readFileSync(join(release, "InRelease"), "utf8")).toMatch(/^-----BEGIN PGP SIGNED MESSAGE/);
    const verify = await runToolAsync("gpg", [
      "--homedir",
      chain.keysHome.directory,
      "--verify",
      join(release, "Release.gpg"),
      join(release, "Release"),
    ]);
    expect(verify.stderr).toContain("Good signature");
  });

  it("signs a file beside the file, and standard input to standard output", async () => {
    const directory = temporaryDirectory();
    const file = join(directory, "Fedora image.iso");
    writeFileSync(file, Buffer.alloc(9 * 1024 * 1024, 7));
    await runToolAsync(gpg, ["--batch", "-u", `0x${chain.key}`, "--detach-sign", file]);
    expect(readFileSync(`${file}.sig`).length).toBeGreaterThan(50);
    expect(announced().at(-1)).toMatch(/ 9437184 Fedora_image\.iso$/);
    const piped = await runToolAsync(gpg, ["-bau", chain.key], {}, "text");
    expect(piped.stdout).toContain("BEGIN PGP SIGNATURE");
  });

  it("is refused by the gate when it announces nothing, and says why", async () => {
    await chain.end("gate", "SIGTERM");
    await chain.startGate({ wait: "1" });
    const silent = chain.gpgProgram("");
    const run = await tryToolAsync(silent, ["-bau", chain.key], {}, "something that no log has heard of");
    expect(run.status).toBe(1);
    expect(run.stdout).toBe("");
    expect(run.stderr).toMatch(/key-gate: no announcement/);
    await chain.end("gate", "SIGTERM");
    await chain.startGate();
  });

  it("hands listing and exporting of public keys on, without an announcement", async () => {
    const silent = chain.gpgProgram("");
    expect((await runToolAsync(silent, ["--version"])).stdout).toMatch(/^gpg \(GnuPG\)/);
    expect((await runToolAsync(silent, ["--list-keys", "--with-colons"])).stdout).toContain(chain.key);
    const exported = await runToolAsync(silent, ["--armor", "--export", chain.key]);
    expect(exported.stdout).toContain("BEGIN PGP PUBLIC KEY BLOCK");
    const clear = chain.keysHome.clearSign("x", { key: chain.key });
    expect((await runToolAsync(silent, ["--verify"], {}, clear)).stderr).toContain("Good signature");
  });

  it.each([
    [["--export-secret-keys"]],
    [["--decrypt"]],
    [["-bs"]],
    [["-bsu", "someone@example.org"]],
    [["-bs", "-u", "A".repeat(40), "-u", "B".repeat(40)]],
    [["--sign", "-u", "A".repeat(40)]],
  ])("asks nothing of the keys qube for %j", async (args) => {
    const run = await tryToolAsync(gpg, args, {}, "x");
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^gpg-client: /);
  });
});
