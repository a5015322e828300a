import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { publishSite } from "../../src/programs/cli/publish-site.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";
let out = "";
beforeEach(() => {
  directory = temporaryDirectory();
  out = join(directory, "site");
});

const moduleAddress = pathToFileURL(join(import.meta.dirname, "../../src/programs/cli/publish-site.ts")).href;
const site = (word: string): (readonly [string, Uint8Array])[] =>
  ["index.html", "update/a.html", "status.json"].map((path) => [path, Buffer.from(word)] as const);
const publish = (word: string, at = out) => publishSite(at, site(word), { now: new Date(), tell: () => {} });
const read = (path = "index.html"): string => readFileSync(join(out, path), "utf8");

describe("publishing a site", () => {
  it("takes the former one's place as a whole, and leaves nothing of it", async () => {
    await publish("one");
    await publishSite(
      out,
      [
        ["index.html", Buffer.from("two")],
        ["status.json", Buffer.from("two")],
      ],
      { now: new Date(), tell: () => {} },
    );
    expect(read()).toBe("two");
    expect(existsSync(join(out, "update/a.html"))).toBe(false);
    expect(readdirSync(directory).sort()).toEqual(["site", readlinkSync(out)]);
    expect(lstatSync(join(directory, readlinkSync(out))).mode & 0o777).toBe(0o755);
  });

  it("takes the place of an empty directory, and of one that an earlier version has made", async () => {
    mkdirSync(out);
    await publish("one");
    expect(read()).toBe("one");
    const made = join(directory, readlinkSync(out));
    rmSync(out);
    renameSync(made, out);
    await publish("two");
    expect(read()).toBe("two");
    expect(lstatSync(out).isSymbolicLink()).toBe(true);
  });

  it.each([
    ["a home", (at: string) => writeFileSync(join(at, ".bashrc"), "mine")],
    ["a web server's directory with other things", (at: string) => writeFileSync(join(at, "index.html"), "mine")],
  ])("never touches %s", async (_, fill) => {
    mkdirSync(out);
    fill(out);
    const before = readdirSync(out);
    await expect(publish("one", `${out}/`)).rejects.toMatchObject({
      code: "CONFIGURATION",
      message: expect.stringContaining("holds something else than a status site"),
    });
    expect(readdirSync(out)).toEqual(before);
    expect(readdirSync(directory)).toEqual(["site"]);
  });

  it("follows a link of somebody's to where the site is to be", async () => {
    symlinkSync("elsewhere", out);
    mkdirSync(join(directory, "elsewhere"));
    await publish("one");
    expect(readlinkSync(out)).toBe("elsewhere");
    expect(read()).toBe("one");
    await publish("two");
    expect(read()).toBe("two");
  });

  it("removes what a killed rendering has left an hour ago, and not what one is at", async () => {
    for (const name of ["site.site-old111", "site.site-new111", "sites"]) mkdirSync(join(directory, name));
    const before = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(join(directory, "site.site-old111"), before, before);
    await publish("one");
    expect(readdirSync(directory).sort()).toEqual(["site", readlinkSync(out), "site.site-new111", "sites"].sort());
  });

  it("leaves the former site whole when it is killed, wherever that is", async () => {
    const script = `import { publishSite } from ${JSON.stringify(moduleAddress)};
      for (let turn = 0; ; turn++) {
        const text = Buffer.from(String(turn % 10).repeat(3000));
        const names = ["index.html", "status.json", ...Array.from({ length: 120 }, (_, at) => "update/" + at + ".html")];
        await publishSite(process.argv[1], names.map(name => [name, text]), { now: new Date(), tell: () => {} });
        console.log(turn);
      }`;
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script, out], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 50));
      child.kill("SIGKILL");
      await ended;
      const pages = readdirSync(join(out, "update"));
      const texts = new Set([read(), read("status.json"), ...pages.map((page) => read(`update/${page}`))]);
      expect([pages.length, texts.size, read().length]).toEqual([120, 1, 3000]);
    }
    await publish("after");
    expect(read()).toBe("after");
  });

  it("leaves the former site whole, and nothing of the new one, when the disk is full", () => {
    const script = `import { publishSite } from ${JSON.stringify(moduleAddress)};
      const at = process.argv[1], size = Number(process.argv[2]);
      const text = Buffer.alloc(4000, "x");
      const names = ["index.html", "status.json", ...Array.from({ length: size }, (_, n) => "update/" + n + ".html")];
      try { await publishSite(at, names.map(name => [name, text]), { now: new Date(), tell: () => {} }); }
      catch (error) { console.log(error.code); process.exit(1) }`;
    // A file system of its own, in a namespace of its own: really full.
    const shell = `mount -t tmpfs -o size=1m none "$1" || exit 9
      "$2" --input-type=module -e "$3" "$1/site" 50 || exit 8
      before=$(cd "$1/site" && find . -type f -exec sha256sum {} + | sort | sha256sum)
      "$2" --input-type=module -e "$3" "$1/site" 300
      echo "status $?"
      after=$(cd "$1/site" && find . -type f -exec sha256sum {} + | sort | sha256sum)
      [ "$before" = "$after" ] && echo whole
      ls "$1" | wc -l`;
    const run = spawnSync(
      "unshare",
      ["--map-root-user", "--mount", "sh", "-c", shell, "sh", directory, process.execPath, script],
      { encoding: "utf8" },
    );
    expect(run.stderr).toBe("");
    expect(run.stdout.split("\n").map((line) => line.trim())).toEqual(["DISK_FULL", "status 1", "whole", "2", ""]);
  });
});
