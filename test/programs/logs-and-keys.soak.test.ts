import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LogChain } from "../support/log-chain.ts";
import { seeded } from "../support/seeded.ts";
import { isFullSoak, soakSeed } from "../support/soak.ts";
import { until } from "../support/until.ts";

const rounds = isFullSoak ? 300 : 4;
const seed = soakSeed("logs and keys");
const random = seeded(seed);

let chain: LogChain;
beforeAll(async () => {
  chain = await LogChain.start({ gate: { wait: "20" } });
});
afterAll(() => chain.stop());

interface Told {
  readonly sent: { readonly n: number; readonly at: number }[];
  readonly signed: string[];
  path: string | null;
}

/** Runs a job in its own process; `kill` is called after its first line, and answers when it killed. Then the job ends. */
async function runJob(label: string, kill: (pid: number, told: Told) => Promise<number>) {
  const words = [chain.socket("build-fedora"), join(chain.directory, "build-fedora"), chain.key, label];
  const child = spawn(process.execPath, [join(import.meta.dirname, "../support/log-sender.ts"), ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const told: Told = { sent: [], signed: [], path: null };
  let rest = "";
  let killed: Promise<number> | null = null;
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = JSON.parse(line) as { sent?: number; at?: number; signed?: string; path?: string | null };
      if (event.sent !== undefined) told.sent.push({ n: event.sent, at: event.at ?? 0 });
      if (event.signed !== undefined) told.signed.push(event.signed);
      if (event.path !== undefined) told.path = event.path;
    }
    if (told.sent.length > 0) killed ??= kill(child.pid ?? 0, told).finally(() => child.stdin.end());
  });
  child.stdin.on("error", () => undefined);
  await new Promise((resolve) => child.once("close", resolve));
  if (killed === null) throw new Error("the job sent no line");
  return { told, killedAt: await killed };
}

/** How long ago the newest line that stands in the job's file was sent: what its way takes on this machine. */
function lag(label: string, told: Told): number {
  const [file] = chain.keptFiles(`build-fedora/${label}`);
  const text = file === undefined ? "" : readFileSync(file, "utf8");
  const newest = [...text.matchAll(/ line ([0-9]+)\n/g)].at(-1)?.[1];
  return Date.now() - (told.sent.find(({ n }) => n === Number(newest))?.at ?? told.sent[0]?.at ?? 0);
}

const signedByGate = new Map<string, number>();
/** The gate's own record of what it let out; a gate that is killed has said it before. */
function collectSignatures(): void {
  for (const [, digest] of chain.said("gate").matchAll(/signed for build-fedora: detach \S+ sha256:([0-9a-f]{64})/g)) {
    if (digest !== undefined) signedByGate.set(digest, (signedByGate.get(digest) ?? 0) + 1);
  }
}

describe(`killed with -9 at ${rounds} random moments`, () => {
  it("loses no line of more than a second before, closes each log as what it was, signs nothing unannounced", async () => {
    for (let round = 0; round < rounds; round++) {
      const victim =
        (["sender", "receiver", "gate"] as const)[round < 3 ? round : Math.floor(random() * 3)] ?? "sender";
      const label = `round-${round}`;
      const delayMs = 1_050 + random() * 700;
      let slowest = 0;
      const { told, killedAt } = await runJob(label, async (pid, soFar) => {
        const begun = performance.now();
        // A kill before anything was signed would prove little of signatures.
        while (performance.now() - begun < delayMs || soFar.signed.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 25));
          slowest = Math.max(slowest, lag(label, soFar));
        }
        const at = Date.now();
        if (victim === "sender") process.kill(pid, "SIGKILL");
        else await chain.end(victim, "SIGKILL");
        if (victim === "receiver") await chain.startReceiver();
        if (victim === "gate") {
          collectSignatures();
          await chain.startGate();
        }
        return at;
      });
      // A slow receiver may just be making the file of a sender that is gone already.
      const file = await until(() => chain.keptFiles(`build-fedora/${label}`)[0] ?? null);
      const open = join(chain.state, "open");
      await until(() => (readdirSync(open).length === 0 ? true : null));
      const status = () =>
        JSON.parse(readFileSync(join(chain.state, "status.json"), "utf8")) as { since: number | null };
      await until(() => (status().since === null ? true : null));
      const path = file.slice(chain.state.length + "/logs/".length);
      const text = chain.published(path);
      const why = `round ${round}, ${victim}, seed ${seed}`;
      for (const { n, at } of told.sent) {
        if (victim === "gate" || at < killedAt - 1_000 - slowest) expect(text, why).toContain(`| ${label} line ${n}\n`);
      }
      // Whole lines in their order, nothing twice, whatever was cut.
      const numbers = [...text.matchAll(/: \| round-[0-9]+ line ([0-9]+)\n/g)].map((match) => Number(match[1]));
      expect(numbers, why).toEqual(numbers.map((_, index) => index));
      const ending = victim === "gate" ? "> closing log\n" : "> log ended without closing\n";
      expect(text.endsWith(ending), `${why}: ${text.slice(-200)}`).toBe(true);
      expect(told.path, why).toBe(victim === "gate" ? path : null);
    }
    collectSignatures();
    const announced = new Map<string, number>();
    for (const [, digest] of chain
      .git("grep", "-h", "> sign detach", "master", "--", "*/log_*")
      .matchAll(/sha256:([0-9a-f]{64})/g)) {
      if (digest !== undefined) announced.set(digest, (announced.get(digest) ?? 0) + 1);
    }
    expect(signedByGate.size).toBeGreaterThanOrEqual(rounds);
    for (const [digest, times] of signedByGate) expect(announced.get(digest) ?? 0).toBeGreaterThanOrEqual(times);
    chain.git("fsck", "--strict");
  });

  it("is told of no signature by a job that the gate has not let out", () => {
    const digest = createHash("sha256").update("round-0 10").digest("hex");
    expect(signedByGate.get(digest)).toBe(1);
  });
});
