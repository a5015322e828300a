import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { announcingSigner } from "../../src/adapters/qrexec/split-gpg-signer.ts";
import { parseFingerprint } from "../../src/domain/index.ts";
import { LogChain } from "../support/log-chain.ts";
import { isFullSoak } from "../support/soak.ts";
import { until } from "../support/until.ts";

const lines = isFullSoak ? 20_000 : 300;
/** Fragments of 64 KiB of one line: 200 MB, or 3 MB. */
const fragments = isFullSoak ? 3_200 : 46;

let chain: LogChain;
beforeAll(async () => {
  chain = await LogChain.start({ gate: { wait: "1" } });
});
afterAll(() => chain.stop());

/** A sender that is not our agent; answers the log's path. */
async function send(label: string, pieces: Iterable<string>): Promise<string> {
  const transport = chain.transport("build-fedora");
  const call = transport.open({ target: "dom0", service: "qubesbuilder.BuildLog", argument: label });
  let answer = "";
  call.stdout.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  call.stderr.resume();
  for (const piece of pieces) {
    if (!call.stdin.write(piece)) await new Promise((resolve) => call.stdin.once("drain", resolve));
  }
  call.stdin.end();
  await call.exit;
  return answer.trim();
}

function* text(n: number): Generator<string> {
  for (let line = 0; line < lines; line++) yield `log ${n} line ${line} ${"x".repeat(100)}\n`;
}

describe(`fifty logs of ${lines} lines at once`, () => {
  it("lose nothing, and keep no other log from the disk", async () => {
    const beside = await chain.openLog("beside");
    const file = await until(() => chain.keptFiles("build-fedora/beside")[0] ?? null);
    let sending = true;
    const waits: number[] = [];
    const beat = async (): Promise<void> => {
      for (let n = 0; sending; n++) {
        const started = performance.now();
        beside.note(`beat ${n}`);
        await until(() => (readFileSync(file, "latin1").includes(`> beat ${n}\n`) ? true : null));
        waits.push(performance.now() - started);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const beating = beat();
    const started = performance.now();
    const paths = await Promise.all(Array.from({ length: 50 }, (_, n) => send("crowd", text(n))));
    const seconds = (performance.now() - started) / 1000;
    sending = false;
    await beating;
    await beside.close("done");
    waits.sort((a, b) => a - b);
    const [late = 0, worst = 0] = [waits[Math.floor(waits.length * 0.99)], waits.at(-1)];
    const megabytes = (50 * lines * 120) / 1e6;
    process.stdout.write(
      `fifty logs at once: ${megabytes.toFixed(1)} MB committed in ${seconds.toFixed(1)} s; a line beside them on its file after ${late.toFixed(0)} ms (p99 of ${waits.length}; at most ${worst.toFixed(0)} ms)\n`,
    );
    expect(new Set(paths).size).toBe(50);
    // Who has waited long enough for the push was answered before it: it comes later, in order.
    const status = () => JSON.parse(readFileSync(join(chain.state, "status.json"), "utf8")) as { since: number | null };
    await until(() => (status().since === null ? true : null));
    for (const [n, path] of paths.entries()) {
      const kept = chain
        .published(path)
        .split("\n")
        .filter((line) => line.includes(": log "));
      expect(kept).toHaveLength(lines);
      expect(kept.every((line, index) => line.includes(`: log ${n} line ${index} x`))).toBe(true);
    }
    // In the sample other tests run beside it: it is enough that no line waited for all of them.
    expect(late).toBeLessThan(isFullSoak ? 1_000 : Math.max(5_000, seconds * 500));
  });
});

describe(`one line of ${fragments} fragments, each of which begins as an announcement`, () => {
  it("unlocks nothing at the real gate", async () => {
    const bytes = Buffer.from("what nobody announced");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const forged = `> sign detach ${chain.key} sha256:${sha256} ${bytes.length} x`;
    function* line(): Generator<string> {
      yield `> ${" ".repeat(65_534)}`;
      for (let n = 0; n < fragments; n++) yield forged.padEnd(65_536, " ");
      yield "\n> done\n";
    }
    const path = await send("fragments", line());
    expect(path).toMatch(/^build-fedora\/fragments\//);
    expect(chain.git("ls-tree", "-r", "--name-only", "master", "build-fedora/fragments")).not.toContain(".checkpoints");
    const key = parseFingerprint(chain.key);
    if (key === null) throw new Error("no key");
    const silent = { announce: async () => undefined };
    const transport = chain.transport("build-fedora");
    const signer = announcingSigner({ transport, target: "@default", log: silent, timeoutMs: 240_000 });
    await expect(signer.sign({ kind: "detach", encoding: "armored", key, name: "x", bytes })).rejects.toThrow(
      /no announcement/,
    );
  });
});
