import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadBuilders } from "../../../src/adapters/configuration/index.ts";
import { NodeDisk } from "../../../src/adapters/files/index.ts";
import { AdapterError } from "../../../src/domain/index.ts";
import { agentSettings } from "../../../src/programs/agent/settings.ts";
import { undoMigration, writeMigration } from "../../../src/programs/cli/migrate/write.ts";
import { main } from "../../../src/programs/cli/migrate.ts";
import { readConfiguration } from "../../../src/programs/configuration.ts";
import { runCaptured } from "../../support/captured-program.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { makeV1Builder } from "../../support/v1-builder.ts";

let root: string;
let gpg: GpgHome;
let key: string;

function write(path: string, content: string | Uint8Array): string {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, content);
  return place;
}

/** A predecessor's build qube: two builders, a keyring, state, a published package's record. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rb-mg-"));
  gpg = new GpgHome();
  key = gpg.makeKey({ algorithm: "ed25519", userId: "Maintainer" });
  const conf = write(
    "builder/r4.3.yml",
    `qubes-release: r4.3
git: {baseurl: "https://github.com", prefix: QubesOS/qubes-, branch: main, maintainers: [${key}]}
distributions: [host-fc41, vm-bookworm]
components: [core-admin, core-agent-linux]
min-age-days: 7
artifacts-dir: ${root}/artifacts
github:
  api-key: ghp_predecessor
  state-dir: ${root}/github-notify-state
  build-report-repo: QubesOS/updates-status
  maintainers:
    ${key}: {components: [core-admin], distributions: _all_}
`,
  );
  write(
    "old/builders.list",
    `\nr4.3=${root}/builder=${conf}\nr4.2=${root}/builder=${root}/builder/none.yml\nnonsense\n`,
  );
  write("old/trusted-keys-for-commands.gpg", gpg.gpg(["--export", key]));
  write("github-notify-state/core-admin_v1", "uploaded");
  write("artifacts/repository-publish/rpm/x", "");
  write("artifacts/components/core-admin/1/host-fc41/publish/core-admin.publish.yml", "{}");
});
afterEach(() => {
  execFileSync("gpgconf", ["--homedir", gpg.directory, "--kill", "all"]);
  rmSync(gpg.directory, { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
});

const migrate = (...more: string[]) =>
  runCaptured(main, [
    ...["--qube", "build-fedora", "--from", join(root, "old"), "--state-dir", join(root, "github-notify-state")],
    ...["--out", join(root, "new"), ...more],
  ]);

/** Every file below, with its content and time: what must not change. */
function snapshot(...folders: string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => {
        const place = join(root, folder, name);
        const stat = statSync(place);
        return `${place} ${stat.mtimeMs} ${stat.isFile() ? readFileSync(place).toString("hex") : ""}`;
      }),
    )
    .join("\n");
}

describe("release-bot migrate", () => {
  it("writes a configuration that our agent reads, with the same grants", async () => {
    const { status, stdout } = await migrate();
    expect(status).toBe(0);
    const configuration = readConfiguration(join(root, "new/config.yml"), {});
    const settings = agentSettings(configuration, {});
    expect(settings).toMatchObject({ qube: "build-fedora", keyring: join(root, "new/trusted-keys.asc") });
    expect(readFileSync(settings.github["token-file"] ?? "", "utf8")).toBe("ghp_predecessor\n");
    expect(statSync(settings.github["token-file"] ?? "").mode & 0o777).toBe(0o600);

    const [builder] = (await loadBuilders(settings["builders-list"], { includeRoots: [] })).builders;
    const [before] = (await loadBuilders(join(root, "old/builders.list"), { includeRoots: [] })).builders;
    expect(builder?.configuration).toMatchObject({ release: "r4.3", minAgeDays: 7, promotion: "backend" });
    expect(builder?.configuration.grants).toEqual(before?.configuration.grants);
    expect(builder?.configuration.grants.size).toBe(1);
    expect(builder?.configuration.artifactsDir).toBe(join(root, "artifacts"));

    const keys = gpg.gpg(["--show-keys", "--with-colons"], readFileSync(join(root, "new/trusted-keys.asc"))).toString();
    expect(keys).toContain(key);
    expect(stdout).toContain(key);
  });

  it("says what it could not take over, by name", async () => {
    const { stdout } = await migrate();
    const left = stdout.slice(stdout.indexOf("not taken over:"));
    expect(left).toContain("builders.list:4:");
    expect(left).toContain("none.yml");
    expect(left).toContain(`${root}/github-notify-state: 1 files of state`);
    expect(left).toContain("compare the fingerprints");
    expect(stdout).toContain(`${root}/artifacts: 1 records`);
    expect(stdout).not.toContain("ghp_predecessor");
  });

  it("changes nothing of the old", async () => {
    const before = snapshot("old", "builder", "artifacts", "github-notify-state");
    await migrate();
    expect(snapshot("old", "builder", "artifacts", "github-notify-state")).toBe(before);
  });

  it("only says what it would do, to a rehearsal, and the same that it then does", async () => {
    const rehearsed = await migrate("--rehearse");
    expect(existsSync(join(root, "new"))).toBe(false);
    const done = await migrate();
    expect(rehearsed.stdout.replace("would be written:", "written:")).toBe(done.stdout);
  });

  it("goes back by one command, and leaves what was changed since", async () => {
    await migrate();
    write("new/mine.yml", "mine");
    writeFileSync(join(root, "new/trusted-keys.asc"), "changed");
    const { status, stdout } = await runCaptured(main, ["--undo", "--out", join(root, "new")]);
    expect(status).toBe(0);
    expect(stdout).toContain("changed since, and left: trusted-keys.asc");
    expect(readdirSync(join(root, "new")).sort()).toEqual(["mine.yml", "trusted-keys.asc"]);
    expect((await runCaptured(main, ["--undo", "--out", join(root, "new")])).status).toBe(1);
  });

  it("writes over nothing that is there", async () => {
    write("new/config.yml", "mine");
    const { status, stderr } = await migrate();
    expect(status).toBe(1);
    expect(stderr).toContain("config.yml");
    expect(readdirSync(join(root, "new"))).toEqual(["config.yml"]);
  });

  it("says that there is no predecessor where there is none", async () => {
    rmSync(join(root, "old/builders.list"));
    expect(await migrate()).toMatchObject({ status: 1, stderr: expect.stringContaining("builders.list") });
    expect((await runCaptured(main, [])).status).toBe(2);
  });

  it("begins in shadow mode, and goes over to doing the work and back by one command each", async () => {
    await migrate();
    const settings = () => agentSettings(readConfiguration(join(root, "new/config.yml"), {}), {});
    expect(settings()).toMatchObject({ mode: "shadow", "tag-scan-hours": 1 });
    const shadowed = readFileSync(join(root, "new/config.yml"), "utf8");
    const live = await runCaptured(main, ["--live", "--out", join(root, "new")]);
    expect(live.status).toBe(0);
    expect(live.stdout).toContain("1. stop the predecessor's timers");
    expect(settings()).toMatchObject({ mode: "live", "tag-scan-hours": 24 });
    expect(statSync(join(root, "new/config.yml")).mode & 0o777).toBe(0o600);
    expect((await runCaptured(main, ["--shadow", "--out", join(root, "new")])).status).toBe(0);
    expect(settings()).toMatchObject({ mode: "shadow", "tag-scan-hours": 1 });
    expect(readFileSync(join(root, "new/config.yml"), "utf8").split("\n").sort()).toEqual(shadowed.split("\n").sort());
    // What it changed itself, it takes back.
    const undone = await runCaptured(main, ["--undo", "--out", join(root, "new")]);
    expect(undone.stdout).not.toContain("changed since");
    expect(existsSync(join(root, "new"))).toBe(false);
    expect((await runCaptured(main, ["--live", "--out", join(root, "new")])).status).toBe(1);
    expect((await runCaptured(main, ["--live", "--undo"])).status).toBe(2);
    expect((await runCaptured(main, ["--nonsense"])).status).toBe(2);
  });

  it("goes over by --live also where an operator has edited the configuration, and keeps that edit", async () => {
    await migrate();
    const config = join(root, "new/config.yml");
    writeFileSync(config, `# mine\n${readFileSync(config, "utf8").replace("tag-scan-hours: 1", "tag-scan-hours: 6")}`);
    expect((await runCaptured(main, ["--live", "--out", join(root, "new")])).status).toBe(0);
    expect(readFileSync(config, "utf8")).toMatch(/^# mine\n[\s\S]*mode: live\n {2}tag-scan-hours: 6\n/);
    const undone = await runCaptured(main, ["--undo", "--out", join(root, "new")]);
    expect(undone.stdout).toContain("changed since, and left: config.yml");
    writeFileSync(config, "agent: [");
    expect(await runCaptured(main, ["--live", "--out", join(root, "new")])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("config.yml is no configuration of an agent"),
    });
  });

  it("leaves out a builder whose grants are a string, by name and line, and takes the others", async () => {
    const conf = write(
      "builder/r4.2.yml",
      `qubes-release: r4.2\ngithub:\n  maintainers:\n    ${key}: {components: core-admin, distributions: _all_}\n`,
    );
    writeFileSync(
      join(root, "old/builders.list"),
      `\n\nr4.2=${root}/builder=${conf}\n\nr4.3=${root}/builder=${root}/builder/r4.3.yml\n`,
    );
    const { status, stdout } = await migrate();
    expect(status).toBe(0);
    expect(stdout).toMatch(/a builder that does not load is left out: \S+r4\.2\.yml:4: /);
    expect(readFileSync(join(root, "new/builders.list"), "utf8").match(/^r/gm)).toHaveLength(1);
  });

  it.each([
    ["is not there", () => rmSync(join(root, "old/trusted-keys-for-commands.gpg")), "there is none"],
    ["is no keyring", () => write("old/trusted-keys-for-commands.gpg", "nonsense"), "holds no key that gpg reads"],
    ["is empty", () => write("old/trusted-keys-for-commands.gpg", ""), "holds no key that gpg reads"],
    [
      "is a directory",
      () => {
        rmSync(join(root, "old/trusted-keys-for-commands.gpg"));
        mkdirSync(join(root, "old/trusted-keys-for-commands.gpg"));
      },
      "cannot be read",
    ],
  ])("says so where the keyring %s, and takes over the rest", async (_what, spoil, said) => {
    spoil();
    const { status, stdout } = await migrate();
    expect(status).toBe(0);
    expect(stdout).toContain(said);
    expect(existsSync(join(root, "new/config.yml"))).toBe(true);
    expect(existsSync(join(root, "new/trusted-keys.asc"))).toBe(false);
  });

  it("takes what can be read of a keyring that is cut off, and says that there was more", async () => {
    const file = join(root, "old/trusted-keys-for-commands.gpg");
    writeFileSync(file, Buffer.concat([readFileSync(file), readFileSync(file).subarray(0, 60)]));
    const { status, stdout } = await migrate();
    expect(status).toBe(0);
    expect(stdout).toContain(key);
  });

  it("names keys and grants that do not go together, and what cannot be promoted", async () => {
    const other = "1".repeat(40);
    const conf = join(root, "builder/r4.3.yml");
    writeFileSync(conf, readFileSync(conf, "utf8").replace(`    ${key}: {comp`, `    ${other}: {comp`));
    const { stdout } = await migrate();
    const left = stdout.slice(stdout.indexOf("not taken over:"));
    expect(left).toContain(`${other} is granted commands, and its key is not trusted`);
    expect(left).toContain(`${key} is trusted, and granted nothing`);
    expect(left).toContain("sign-key names no key for host-fc41, vm-bookworm");
  });

  it("asks a v1 builder's Makefile and leaves no trace there, and says that nothing can be promoted from it", async () => {
    makeV1Builder(join(root, "v1"), "RELEASE = 4.1\nDIST_DOM0 = fc32\n");
    write("old/builders.list", `r4.1=${root}/v1\n`);
    const before = snapshot("old", "v1");
    const { status, stdout } = await migrate();
    expect(status).toBe(0);
    expect(stdout).toContain(`${root}/v1: v1 builder of r4.1`);
    expect(stdout).toContain("promotions there are refused (NOT_IN_TESTING). Until r4.1 is built by v2,");
    // What is to be done by hand is a line that a shell takes.
    const [line = ""] = /cd \S+ && release-bot run .*$/m.exec(stdout) ?? [];
    expect(line).toContain(`cd ${root}/v1 && release-bot run --label`);
    expect(() => execFileSync("sh", ["-n", "-c", line])).not.toThrow();
    expect(snapshot("old", "v1")).toBe(before);
    expect(readFileSync(join(root, "new/builders.list"), "utf8")).toContain(`r4.1=${root}/v1\n`);
  });

  it("follows links of the old, and writes through none of ours", async () => {
    symlinkSync(join(root, "old"), join(root, "link"));
    mkdirSync(join(root, "new"));
    symlinkSync(join(root, "old/planted.yml"), join(root, "new/config.yml"));
    const refused = await migrate("--from", join(root, "link"));
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("config.yml") });
    expect(existsSync(join(root, "old/planted.yml"))).toBe(false);
    rmSync(join(root, "new/config.yml"));
    expect((await migrate("--from", join(root, "link"))).status).toBe(0);
  });

  it("leaves nothing behind where the disk is full half way, and can be run again", () => {
    const settings = join(root, "new");
    const files = ["a.yml", "builders/b.yml", "c.yml"].map((path) => ({ path, content: path, mode: 0o600 }));
    const plan = { files, taken: [], left: [] };
    for (let broken = 0; broken < 4; broken++) {
      const disk = new NodeDisk();
      let writes = 0;
      disk.replace = (path, data, mode) => {
        if (writes++ === broken) throw new AdapterError("DISK_FULL", "no space left on device");
        NodeDisk.prototype.replace.call(disk, path, data, mode);
      };
      expect(() => writeMigration(settings, plan, disk)).toThrow("no space left on device; nothing of it was left");
      expect(existsSync(settings) ? readdirSync(settings, { recursive: true }) : []).toEqual([]);
    }
    writeMigration(settings, plan);
    expect(undoMigration(settings)).toEqual({ removed: files.map(({ path }) => path), kept: [] });
  });

  it("takes back what a kill has left half", () => {
    const settings = join(root, "new");
    const files = ["a.yml", "b.yml"].map((path) => ({ path, content: path, mode: 0o600 }));
    writeMigration(settings, { files, taken: [], left: [] });
    rmSync(join(settings, "b.yml"));
    writeFileSync(join(settings, ".b.yml.release-bot-new"), "b.");
    expect(undoMigration(settings).removed).toEqual(["a.yml"]);
    expect(existsSync(settings)).toBe(false);
  });

  it("believes no journal that another has written", () => {
    write("new/migrated.json", JSON.stringify([{ path: "../old/builders.list", sha256: "0" }]));
    expect(() => undoMigration(join(root, "new"))).toThrow("is not what a migration writes");
    write("new/migrated.json", "{");
    expect(() => undoMigration(join(root, "new"))).toThrow("is not what a migration writes");
    expect(existsSync(join(root, "old/builders.list"))).toBe(true);
  });
});
