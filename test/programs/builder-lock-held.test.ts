import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { takeBuilderLock } from "../../src/programs/builder-lock.ts";
import { isBuilderLockHeld } from "../../src/programs/builder-lock-held.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

describe("looking whether a builder's lock is held", () => {
  it("sees what flock holds, and disturbs nobody", async () => {
    const directory = temporaryDirectory();
    expect(isBuilderLockHeld(directory)).toBe(false);
    const lock = await takeBuilderLock(directory);
    expect(isBuilderLockHeld(directory)).toBe(true);
    await lock?.release();
    expect(isBuilderLockHeld(directory)).toBe(false);
    // An old timer's own way: it fails where anybody holds the lock, for however short a moment.
    const looking = setInterval(() => isBuilderLockHeld(directory), 0);
    for (let round = 0; round < 20; round++) {
      const child = spawn("flock", ["--nonblock", join(directory, "builder.lock"), "true"]);
      expect((await once(child, "exit"))[0]).toBe(0);
    }
    clearInterval(looking);
  });

  it("takes another file's lock for none of ours", async () => {
    const [mine, other] = [temporaryDirectory(), temporaryDirectory()];
    writeFileSync(join(mine, "builder.lock"), "");
    const lock = await takeBuilderLock(other);
    expect(isBuilderLockHeld(mine)).toBe(false);
    await lock?.release();
  });
});
