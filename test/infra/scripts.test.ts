import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RenderedOnDisk, renderToDisk } from "../support/rendered-folder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runTool, tryTool } from "../support/tool.ts";

let directory: string;
let folder: RenderedOnDisk;
let builder: string;

beforeEach(() => {
  directory = temporaryDirectory();
  builder = join(directory, "r4.2");
  folder = renderToDisk(
    `build-infra:\n  build-envs:\n    old:\n      logs: logs\n      builders-list:\n        ${builder}: {release: 4.2}\n`,
  );
});
afterEach(() => folder.remove());

const script = (name: string): string => folder.at(`build-old/usr/local/bin/release-bot-${name}`);
const environment = { PATH: "/usr/bin:/bin", HOME: "/nonexistent" };

describe("the first checkout", () => {
  let source: string;
  let pinned: string;
  beforeEach(() => {
    source = join(directory, "source");
    const git = (...words: string[]) =>
      runTool("git", ["-C", source, "-c", "user.name=a", "-c", "user.email=a@b.c", ...words])
        .toString()
        .trim();
    mkdirSync(source);
    git("init", "-q", "-b", "main");
    git("config", "uploadpack.allowAnySHA1InWant", "true");
    writeFileSync(join(source, "file"), "pinned\n");
    git("add", "file");
    git("commit", "-qm", "first");
    pinned = git("rev-parse", "HEAD");
    writeFileSync(join(source, "file"), "later\n");
    git("commit", "-qam", "second");
  });
  const checkOut = (commit = pinned) =>
    tryTool("sh", [script("safe-checkout"), source, builder, commit], { environment });
  const content = (): string => readFileSync(join(builder, "file"), "utf8");

  it("is the pinned commit, whatever the branch has come to", () => {
    expect(checkOut()).toMatchObject({ status: 0 });
    expect(content()).toBe("pinned\n");
  });

  it("leaves a checkout that is there as it is", () => {
    checkOut();
    writeFileSync(join(builder, "file"), "mine\n");
    expect(checkOut().stdout.toString()).toContain("left as it is");
    expect(content()).toBe("mine\n");
  });

  it("is made where somebody has only taken the lock before", () => {
    mkdirSync(builder);
    writeFileSync(join(builder, "builder.lock"), "");
    expect(checkOut()).toMatchObject({ status: 0 });
    expect(content()).toBe("pinned\n");
  });

  it("takes nothing from under whoever has something else there", () => {
    mkdirSync(builder);
    writeFileSync(join(builder, "file"), "mine\n");
    expect(checkOut()).toMatchObject({ status: 1, stderr: expect.stringContaining("move it away") });
    expect(content()).toBe("mine\n");
  });

  it.each(["main", "0".repeat(40), "0".repeat(39), "G".repeat(40)])(
    "of %s is refused, and leaves nothing",
    (commit) => {
      expect(checkOut(commit).status).not.toBe(0);
      expect(existsSync(builder)).toBe(false);
      expect(runTool("ls", ["-A", directory]).toString()).toBe("source\n");
    },
  );
});

describe("the weekly clean-up", () => {
  /** Makes a file that is so many days old. */
  function old(path: string, days: number): void {
    const file = join(builder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path);
    const then = Date.now() / 1000 - days * 86_400;
    utimesSync(file, then, then);
  }
  const there = (path: string): boolean => existsSync(join(builder, path));
  const gone = [
    "sources/linux-kernel/linux-6.12.1.tar.xz",
    "templates/rpm/qubes-template-fedora-42-4.2.0-202601010000.noarch.rpm",
    "iso/Qubes-4.2.0-pre1-x86_64.iso",
    "logs/build-31-days-old",
  ];
  const kept = [
    "sources/core-admin/linux-notes.txt",
    "templates/rpm/qubes-template-fedora-42-4.2.0-202602010000.noarch.rpm",
    "templates/rpm/qubes-template-fedora-42-4.2.0-202603010000.noarch.rpm",
    "templates/rpm/qubes-template-debian-13-4.2.0-202501010000.noarch.rpm",
    "iso/Qubes-4.2.0-x86_64.iso",
    "repository-publish/rpm/r4.2/current/host/fc37/rpm/a-1.0-1.rpm",
  ];

  it("takes what is superseded or old, and nothing that is published", () => {
    for (const path of [...gone, ...kept]) old(path, 31);
    old("logs/build-29-days-old", 29);
    old("sources/linux-kernel/linux-6.12.2.tar.xz", 1);
    expect(tryTool("sh", [script("clean-up")], { environment })).toMatchObject({ status: 0, stderr: "" });
    expect(gone.filter(there)).toEqual([]);
    expect(
      [...kept, "logs/build-29-days-old", "sources/linux-kernel/linux-6.12.2.tar.xz"].filter((path) => !there(path)),
    ).toEqual([]);
  });

  it("waits for whoever holds the builder's lock", async () => {
    const wanted = gone.filter((path) => !path.startsWith("templates/"));
    for (const path of wanted) old(path, 31);
    const holder = spawn("flock", [join(builder, "builder.lock"), "cat"], { stdio: ["pipe", "pipe", "ignore"] });
    holder.stdin.write("held\n");
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const cleaner = spawn("sh", [script("clean-up")], { env: environment, stdio: "ignore" });
    const ended = new Promise((resolve) => cleaner.once("exit", resolve));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(wanted.filter(there)).toEqual(wanted);
    holder.stdin.end();
    expect(await ended).toBe(0);
    expect(wanted.filter(there)).toEqual([]);
  });

  it("does nothing, and makes nothing, where there is no builder yet", () => {
    expect(tryTool("sh", [script("clean-up")], { environment })).toMatchObject({ status: 0 });
    expect(existsSync(builder)).toBe(false);
  });
});
