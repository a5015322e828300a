import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { takeBuilderLock } from "../../src/programs/builder-lock.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A person's shell that holds the lock. */
async function hold(directory: string): Promise<() => Promise<void>> {
  const child = spawn("flock", [join(directory, "builder.lock"), "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write("x\n");
  await once(child.stdout, "data");
  const release = async (): Promise<void> => {
    const closed = once(child, "close");
    child.stdin.end();
    await closed;
  };
  onTestFinished(() => void child.kill());
  return release;
}

describe("a builder's lock", () => {
  it("is taken, kept from others, and given back", async () => {
    const directory = temporaryDirectory();
    const lock = await takeBuilderLock(directory, { waitSeconds: 0.2 });
    expect(lock).not.toBeNull();
    expect(await takeBuilderLock(directory, { waitSeconds: 0.2 })).toBeNull();
    await lock?.release();
    const again = await takeBuilderLock(directory, { waitSeconds: 0.2 });
    expect(again).not.toBeNull();
    await again?.release();
  });

  it("is the one that people and old timers take by flock", async () => {
    const directory = temporaryDirectory();
    const release = await hold(directory);
    expect(await takeBuilderLock(directory, { waitSeconds: 0.2 })).toBeNull();
    await release();
    const lock = await takeBuilderLock(directory, { waitSeconds: 0.2 });
    expect(lock).not.toBeNull();
    await lock?.release();
  });

  it("cannot be had where there is no such directory", async () => {
    await expect(takeBuilderLock("/nonexistent", { waitSeconds: 0.2 })).rejects.toThrow(
      "/nonexistent/builder.lock cannot be locked",
    );
  });
});
