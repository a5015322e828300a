import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadBuilders } from "../../../src/adapters/configuration/index.ts";
import { agentSettings } from "../../../src/programs/agent/settings.ts";
import { main } from "../../../src/programs/cli/migrate.ts";
import { readConfiguration } from "../../../src/programs/configuration.ts";
import { runCaptured } from "../../support/captured-program.ts";
import { GpgHome } from "../../support/gpg-home.ts";

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
});
