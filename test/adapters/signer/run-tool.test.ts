import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { runTool } from "../../../src/adapters/signer/index.ts";

/** As a file of some GB that is hashed. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it("reads all that a tool said, though this process was busy meanwhile for longer than it waits", async () => {
  const other = spawn("sh", ["-c", "echo something"]);
  // The tool ends while this process is busy with what has happened: its end is noticed in that turn, its words are not yet.
  other.stdout.once("data", () => busy(1000));
  other.once("exit", () => setImmediate(() => busy(1500)));
  const asked = runTool({ program: "sh", args: ["-c", "sleep 0.7; seq 1 5000"], limitMs: 120_000 });
  busy(500);
  const { status, stdout } = await asked;
  expect([status, stdout.toString().trim().split("\n").length]).toEqual([0, 5_000]);
});

it("does not wait for a daemon that holds what it writes to", async () => {
  const begun = performance.now();
  const answer = await runTool({ program: "sh", args: ["-c", "sleep 100 & echo $!"], limitMs: 120_000 });
  const daemon = Number(answer.stdout.toString());
  expect(performance.now() - begun).toBeLessThan(90_000);
  process.kill(daemon, "SIGKILL");
});
