import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/programs/cli/audit.ts";
import { AuditedChain, commit, type Published } from "../support/audited-chain.ts";
import { runCaptured } from "../support/captured-program.ts";

const environment = "build-fedora";

let chain: AuditedChain;
beforeAll(async () => {
  chain = await AuditedChain.start("in-tree", { gate: { mode: "log" } });
});
afterAll(() => chain.stop());

async function audited(name: string, ...more: string[]): Promise<readonly string[]> {
  const words = ["r4.3", name, "--root", chain.root, "--logs", chain.logs.remote, "--keys", chain.keys, ...more];
  const run = await runCaptured(main, words);
  return [`status ${run.status}`, ...run.stdout.trim().split("\n")];
}

/** Where the gate has written what it was told. */
const list = (): string => join(chain.logs.directory, "keys-fedora/state/acknowledged");

/** The gate's list with every time moved by so many seconds. */
function movedList(seconds: number): string {
  const file = join(chain.logs.directory, `acknowledged-${seconds}`);
  const moved = chain.logs
    .acknowledged()
    .replace(/^\S+/gm, (at) => new Date(new Date(at).getTime() + seconds * 1000).toISOString());
  writeFileSync(file, moved);
  return file;
}

const counted = (count: number, all: number): string =>
  `; ${count} of ${all} signatures announced by no log (mode: log)`;

describe("an environment whose gate runs in mode: log, and whose tools announce nothing", () => {
  let made: Published;
  beforeAll(async () => {
    made = await chain.build("host-fc41", { name: "core-silent", announce: "nothing" });
    const line = `Upload-component r4.3 core-silent ${commit} current host-fc41`;
    await chain.state(made.build, await chain.change("promote", made, chain.asked(line)));
  });

  it("holds where the auditor says so, and it is said how many signatures no log announced", async () => {
    for (const more of [[], ["--acknowledged", list()]]) {
      const [status, built = "", promoted = ""] = await audited("core-silent", "--log-mode", environment, ...more);
      expect([status, built.endsWith(counted(1, 2)), promoted.endsWith(counted(1, 2))]).toEqual([
        "status 0",
        true,
        true,
      ]);
    }
  });

  it("does not hold by what is found in the logs alone, and says what to do", async () => {
    for (const more of [[], ["--log-mode", "build-debian"]]) {
      expect((await audited("core-silent", ...more)).at(-1)).toMatch(
        /^broken signature: .*rpm: was signed without a log that announces it \(if the gate of build-fedora runs in mode: log, say --log-mode build-fedora\)$/,
      );
    }
  });

  it("does not hold where the gate was told of a log only later, or too long before", async () => {
    for (const seconds of [3600, -3600]) {
      const more = ["--log-mode", environment, "--acknowledged", movedList(seconds)];
      expect((await audited("core-silent", ...more)).join("\n")).toMatch(
        seconds > 0
          ? /^status 1\nbroken signature: .*rpm: was signed at .*Z, when no log was acknowledged within 900 s before$/
          : /^status 1\nbroken signature: .* within 900 s before$/,
      );
      expect((await audited("core-silent", ...more, "--window", "7200"))[0]).toBe(
        seconds > 0 ? "status 1" : "status 0",
      );
    }
  });
});

describe("a signature past the gate, in such an environment", () => {
  it("is named where no log was open when it says that it was made", async () => {
    const signedAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 10 * 86_400_000);
    const made = await chain.build("host-fc41", { name: "core-early", key: chain.key, signedAt });
    await chain.state(made.build);
    const when = `${signedAt.toISOString().slice(0, 19)}Z`;
    expect((await audited("core-early", "--log-mode", environment)).at(-1)).toMatch(
      `core-early-4.3.1-1.fc41.noarch.rpm: was signed at ${when}, when no log was open within 900 s before`,
    );
  });
});
