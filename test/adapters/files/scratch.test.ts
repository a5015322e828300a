import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { inScratch, makeScratch } from "../../../src/adapters/files/index.ts";
import { removeStaleScratch } from "../../../src/adapters/files/scratch.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const moduleAddress = JSON.stringify(join(import.meta.dirname, "../../../src/adapters/files/index.ts"));

describe("a directory for work in progress", () => {
  it("is gone after the work, also where that fails", async () => {
    let made = "";
    const failing = inScratch("test", async (directory) => {
      made = directory;
      writeFileSync(join(directory, "file"), "x");
      throw new Error("it fails");
    });
    await expect(failing).rejects.toThrow("it fails");
    expect([made === "", existsSync(made)]).toEqual([false, false]);
  });

  it("that a killed process has left goes when the next one makes its own", async () => {
    const directory = temporaryDirectory();
    const environment = { ...process.env, TMPDIR: directory };
    const making = `import { makeScratch } from ${moduleAddress}; console.log(makeScratch("test"));`;
    const words = ["--input-type=module", "-e"];
    const first = spawn(process.execPath, [...words, `${making} setInterval(() => {}, 1000);`], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(first, "close");
    await once(first.stdout, "data");
    // While its process runs it is left alone.
    const beside = spawnSync(process.execPath, [...words, making], { env: environment, encoding: "utf8" });
    expect(readdirSync(directory)).toHaveLength(2);
    first.kill("SIGKILL");
    await ended;
    const next = spawnSync(process.execPath, [...words, making], { env: environment, encoding: "utf8" });
    expect(beside.status).toBe(0);
    expect(readdirSync(directory)).toEqual([basename(next.stdout.trim())]);
  });

  it("is never taken from a process that runs, nor anything that is not one", () => {
    const directory = temporaryDirectory();
    const now = new Date();
    const dayAgo = new Date(now.getTime() - 25 * 3600 * 1000);
    const own = basename(makeScratch("test"));
    const namespace = /^rb-scratch-([0-9]+)-/.exec(own)?.[1];
    const gone = `rb-scratch-${namespace}-4194999-test-Ab1`;
    const [old, young] = ["rb-scratch-1-7-test-Ab3", "rb-scratch-1-7-test-Ab4"];
    const others = ["rb-scratch-4194999", "rb-others"];
    for (const name of [own, gone, old, young, ...others]) mkdirSync(join(directory, name));
    for (const name of [own, old]) utimesSync(join(directory, name), dayAgo, dayAgo);
    symlinkSync("rb-others", join(directory, `rb-scratch-${namespace}-4194999-test-link`));
    removeStaleScratch(directory, now);
    expect(readdirSync(directory).sort()).toEqual(
      [own, young, ...others, `rb-scratch-${namespace}-4194999-test-link`].sort(),
    );
  });
});
