import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../src/programs/cli/config.ts";
import { runCaptured } from "../support/captured-program.ts";
import { alice, bob, carol, debianConfig, exampleConfig, repositoryKey } from "../support/real-shape-configs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";
let file = "";
let root = "";

beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory, "debian.yml");
  writeFileSync(file, debianConfig);
  const checkout = join(directory, "checkout");
  mkdirSync(join(checkout, "example-configs"), { recursive: true });
  writeFileSync(join(checkout, "example-configs/qubes-os-r4.3.yml"), exampleConfig);
  root = `--include-root=/home/user/qubes-builderv2=${checkout}`;
});

const nothing = { iso: false, hold: false, unhold: false, withdraw: false };

describe("release-bot config", () => {
  it("shows what was understood of a build server's file and what it includes", async () => {
    const { status, stdout } = await runCaptured(main, ["show", "--json", root, file]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      release: "r4.3",
      distributions: ["vm-bookworm", "vm-win10"],
      components: [
        "builder-rpm",
        "template-whonix",
        "core-admin",
        "linux-kernel",
        "linux-kernel-latest",
        "installer-qubes-os-windows-tools",
        "release-configs",
      ],
      templates: [],
      grants: {
        [alice]: { components: "_all_", distributions: "_all_", templates: [], ...nothing },
        [carol]: {
          components: ["core-admin"],
          distributions: ["vm-bookworm"],
          templates: ["debian-12", "debian-12-minimal"],
          ...nothing,
          iso: true,
          hold: true,
        },
      },
      gitMaintainers: [alice, bob],
      minAgeDays: 5,
      repositoryPublish: { components: "current-testing" },
      uploadTo: { deb: "deb.example.org:/pub/repo/deb/r4.3" },
      signKeys: { deb: repositoryKey },
    });
  });

  it("shows the same to a person", async () => {
    const { status, stdout } = await runCaptured(main, ["show", root, file]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      `  ${carol}: components core-admin; distributions vm-bookworm; templates debian-12 debian-12-minimal; iso; hold\n`,
    );
  });

  it("checks a file, and counts what it found", async () => {
    const { status, stdout } = await runCaptured(main, ["check", root, file]);
    expect([status, stdout]).toEqual([
      0,
      `${file}: understood, with 1 included files: r4.3, 2 distributions, 7 components, 0 templates, 2 signers\n`,
    ]);
  });

  it("names file and line of a mistake, in an included file too", async () => {
    const included = join(directory, "checkout/example-configs/qubes-os-r4.3.yml");
    writeFileSync(included, exampleConfig.replace("timeout: 21600", "timeout: six hours"));
    writeFileSync(file, debianConfig.replace("components: [core-admin]", "components: core-admin"));
    const { status, stderr, stdout } = await runCaptured(main, ["show", "--json", root, file]);
    expect([status, stdout]).toEqual([1, ""]);
    const line = (text: string, word: string): number =>
      text.split("\n").findIndex((entry) => entry.includes(word)) + 1;
    expect(stderr).toContain(
      `${file}:${line(debianConfig, "components: [core-admin]")}: components is to be _all_ or a list`,
    );
  });

  it("names the file and line of an include that is not there", async () => {
    const { status, stderr } = await runCaptured(main, ["check", file]);
    expect([status, stderr]).toEqual([
      1,
      `${file}:4: there is no file /home/user/qubes-builderv2/example-configs/qubes-os-r4.3.yml (--include-root OLD=NEW reads it from elsewhere)\n`,
    ]);
  });

  it.each([
    [[]],
    [["check"]],
    [["look", "x"]],
    [["check", "a", "b"]],
    [["check", "--include-root=x", "a"]],
    [["check", "--what", "a"]],
  ])("says how it is used for %j", async (argv) => {
    expect((await runCaptured(main, argv)).status).toBe(2);
  });
});
