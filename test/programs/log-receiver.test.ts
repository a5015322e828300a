import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { callQrexec } from "../../src/adapters/qrexec/index.ts";
import { LogChain } from "../support/log-chain.ts";
import { runTool } from "../support/tool.ts";
import { tryToolAsync } from "../support/tool-async.ts";
import { until } from "../support/until.ts";

let chain: LogChain;
beforeAll(async () => {
  chain = await LogChain.start();
});
afterAll(() => chain.stop());

const limits = { timeoutMs: 60_000, maxOutputBytes: 10_000 };

/** A sender that is not our agent: whatever it says, then the end. Answers what the service answered. */
async function send(text: string | Buffer, label = "plain", qube = "build-fedora"): Promise<string> {
  const call = { target: "dom0", service: "qubesbuilder.BuildLog", argument: label } as const;
  return (await callQrexec(chain.transport(qube), call, text, limits)).stdout.toString("latin1");
}

/** The lines of a published log, without their times. */
function lines(path: string): string[] {
  return chain
    .published(path.trim())
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{6} \+0000 build-[a-z]+: /, ""));
}

const closingMessage = (path: string): string => chain.git("log", "-1", "--format=%B", "master", "--", path.trim());

describe("the log receiver", () => {
  it("keeps a log under its final name from the first line, while the build runs", async () => {
    const log = await chain.openLog("live");
    await log.output(Buffer.from("first line\n"));
    const file = await until(() => {
      const found = chain.keptFiles("build-fedora/live")[0];
      return found !== undefined && readFileSync(found, "utf8").includes("| first line\n") ? found : null;
    });
    expect(file).toMatch(/\/log_[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}$/);
    const path = await log.close("done");
    expect(file.endsWith(path ?? "?")).toBe(true);
  });

  it("takes a log of any sender: a caller's name, a time and printable ASCII on each line", async () => {
    const path = await send(Buffer.from("caf\xe9 \t\x1b[31mred\r\n\u2028x\n\nlast\n", "latin1"), "la.bel+..+r4.3");
    expect(path).toMatch(/^build-fedora\/labelr43\/log_.*\n$/);
    expect(lines(path)).toEqual(["> starting log", "caf. ..[31mred.", "(x", "", "last", "> closing log"]);
  });

  it("answers nothing but the path, and a receipt only to whom asked for one", async () => {
    expect(await send("x\n")).toMatch(/^[^\n]+\n$/);
    const receipt = /^[^\n]+\n\{"length":[0-9]+,"sha256":"[0-9a-f]{64}","commit":"[0-9a-f]{40}"\}\n$/;
    expect(await send("> with receipt\n> done\n")).toMatch(receipt);
  });

  it("says of a sender that died that the log ended without closing", async () => {
    const half = await send("a line\nand half a li");
    expect(lines(half).slice(-2)).toEqual(["and half a li", "> log ended without closing"]);
    const agent = await send("> job x\n| building\n");
    expect(lines(agent).at(-1)).toBe("> log ended without closing");
    expect(closingMessage(agent)).toContain("Ending: ended without closing\n");
    const whole = await send("> job x\n| building\n> failed\n");
    expect(lines(whole).at(-1)).toBe("> closing log");
    expect(closingMessage(whole)).toContain("Ending: closed\n");
  });

  it("commits and pushes checkpoints while the build runs, and names them at the end", async () => {
    const log = await chain.openLog("long");
    await log.output(Buffer.from("step one\n"));
    log.note("checkpoint");
    const listed = () => chain.git("log", "--format=%H", "master", "--", "build-fedora/long").trim().split("\n");
    await until(() => (listed()[0] === "" ? null : listed()));
    const [checkpoint] = listed();
    const [first] = listed();
    const file = chain.keptFiles("build-fedora/long")[0] ?? "";
    const kept = JSON.parse(
      chain.git("show", `${first}:${file.slice(chain.state.length + "/logs/".length)}.checkpoints`),
    );
    const prefix = readFileSync(file).subarray(0, kept.length);
    expect(kept.sha256).toBe((await import("node:crypto")).createHash("sha256").update(prefix).digest("hex"));
    const path = await log.close("done");
    expect(closingMessage(path ?? "")).toContain(`Checkpoint: ${checkpoint}\n`);
  });

  it("signs each commit with the logs key, and rewrites none", async () => {
    const before = chain.git("rev-list", "master").trim().split("\n");
    await send("one more\n");
    const after = chain.git("rev-list", "master").trim().split("\n");
    expect(after.slice(-before.length)).toEqual(before);
    for (const commit of after) {
      const verified = await tryToolAsync("git", ["--git-dir", chain.remote, "verify-commit", "--raw", commit], {
        GNUPGHOME: chain.logsHome.directory,
      });
      expect(verified.stderr).toContain(`VALIDSIG ${chain.logsKey}`);
    }
  });

  it("takes fifty logs at once, of one second and one label, and loses no line of any", async () => {
    const text = (n: number): string => Array.from({ length: 200 }, (_, i) => `log ${n} line ${i}\n`).join("");
    const paths = await Promise.all(Array.from({ length: 50 }, (_, n) => send(text(n), "crowd")));
    expect(new Set(paths).size).toBe(50);
    for (const [n, path] of paths.entries()) {
      expect(
        lines(path)
          .slice(1, -1)
          .map((line) => `${line}\n`)
          .join(""),
      ).toBe(text(n));
    }
  });

  it("keeps a line of 3 MB in fragments, and takes no announcement from within it", async () => {
    const forged = `> sign detach ${chain.key} sha256:${"a".repeat(64)} 1 x`;
    // Each fragment of 64 KiB begins with the forged line, filled up.
    const fragment = forged.padEnd(65_536, " ");
    const before = chain.acknowledged();
    const path = await send(`> ${" ".repeat(65_534)}${fragment.repeat(46)}\n> done\n`, "fragments");
    expect(lines(path).filter((line) => line.startsWith(`+ ${forged}`))).toHaveLength(46);
    const added = (): string[] =>
      chain
        .acknowledged()
        .slice(before.length)
        .split("\n")
        .filter((line) => line.includes("fragments"));
    // The log's end is acknowledged after its sender has the answer.
    await vi.waitUntil(() => added().length > 0, 60_000);
    expect(added()).toHaveLength(1);
    expect(chain.git("ls-tree", "-r", "--name-only", "master", "build-fedora/fragments")).not.toContain(".checkpoints");
  });

  it("compresses a log over 10 MiB after the answer, and commits one over 16 MiB in parts", async () => {
    const text = `${"0123456789abcdef".repeat(7)}\n`.repeat(120_000);
    const path = (await send(text, "large")).trim();
    const parts = chain
      .git("ls-tree", "--name-only", "master", `${path.replace(/[^/]*$/, "")}`)
      .trim()
      .split("\n");
    expect(parts).toEqual([`${path}.part-000`, `${path}.part-001`]);
    const whole = parts.map((part) => chain.published(part)).join("");
    expect(Math.max(...parts.map((part) => chain.published(part).length))).toBe(16 * 1024 * 1024);
    const file = join(chain.state, "logs", `${path}.xz`);
    await until(() => (existsSync(file) && !existsSync(file.slice(0, -3)) ? true : null));
    const tail = await tryToolAsync(process.execPath, chain.command("logs", "tail", path, "--config", chain.config));
    expect(tail.stdout).toBe(whole);
    expect(tail.stdout.split("\n").filter((line) => line.includes("0123456789abcdef"))).toHaveLength(120_000);
  });

  it("shows a log as it comes with logs tail -f, and ends when the log does", async () => {
    const log = await chain.openLog("followed");
    await log.output(Buffer.from("early\n"));
    const file = await until(() => chain.keptFiles("build-fedora/followed")[0] ?? null);
    const path = file.slice(chain.state.length + "/logs/".length);
    const tail = tryToolAsync(process.execPath, chain.command("logs", "tail", "-f", path, "--config", chain.config));
    await new Promise((resolve) => setTimeout(resolve, 600));
    await log.output(Buffer.from("late\n"));
    await log.close("done");
    expect((await tail).stdout).toMatch(/\| early\n[^\n]*\| late\n[^\n]*> done\n[^\n]*> closing log\n$/);
  });
});

describe("a log over its limit", () => {
  it("ends the build at the sender, and what the receiver does not keep is counted in the log", async () => {
    const small = await LogChain.start({ receiver: () => ({ "limit-bytes": 5_000 }), gate: { wait: "1" } });
    try {
      const call = { target: "dom0", service: "qubesbuilder.BuildLog", argument: "x" } as const;
      const output = `| ${"x".repeat(98)}\n`.repeat(100);
      const late = `> sign detach ${small.key} sha256:${"b".repeat(64)} 1 late`;
      const input = `> job x\n${output}${late}\n> failed\n`;
      const answer = await callQrexec(small.transport("build-fedora"), call, input, limits);
      const text = small.published(answer.stdout.toString().trim());
      expect(text).toContain("> failed\n");
      expect(text).toMatch(
        /> [0-9]{4} bytes over the limit are not kept\n[^\n]*> log over its limit, what follows is not kept\n$/,
      );
      expect(text.length).toBeLessThan(6_000);
      // The announcement is kept, and unlocks nothing.
      expect(text).toContain(late);
      expect(small.acknowledged()).toBe("");
    } finally {
      await small.stop();
    }
  });
});

describe("a receiver without a remote, and with checkpoints every third of a second", () => {
  it("commits checkpoints while the log runs, says of no push that it is pending, and acknowledges nothing", async () => {
    const alone = await LogChain.start({ receiver: () => ({ remote: null, "checkpoint-minutes": 0.005 }) });
    try {
      const log = await alone.openLog("alone");
      const git = (...args: string[]) =>
        runTool("git", ["--git-dir", join(alone.state, "repository.git"), ...args]).toString();
      const checkpoints = () => git("log", "--all", "--format=%H", "--", "build-fedora/alone").trim().split("\n");
      await until(() => (checkpoints().length >= 3 ? true : null));
      const path = (await log.close("done")) ?? "";
      expect(git("show", `master:${path}`)).toMatch(/> done\n[^\n]*> closing log\n$/);
      expect(alone.acknowledged()).toBe("");
    } finally {
      await alone.stop();
    }
  });
});

describe("a receiver that is killed", () => {
  it("closes and commits at its next start what came until then, as what it is", async () => {
    const log = await chain.openLog("killed");
    for (let line = 0; line < 100; line++) await log.output(Buffer.from(`line ${line}\n`));
    log.note("checkpoint");
    const file = await until(() => chain.keptFiles("build-fedora/killed")[0] ?? null);
    await until(() => (readFileSync(file, "utf8").includes("line 99") ? true : null));
    await until(() => (chain.git("log", "--format=%H", "master", "--", "build-fedora/killed") === "" ? null : true));
    await chain.end("receiver", "SIGKILL");
    expect(await log.broken).toMatch(/gone away|takes no more/);
    await expect(
      log.announce({ kind: "detach", key: chain.key, sha256: "a".repeat(64), length: 1, name: "x" }),
    ).rejects.toThrow(/nothing can be announced/);
    expect(await log.close("failed")).toBeNull();
    // Cut in the middle of a line, as a kill can do it.
    writeFileSync(file, "2026-11-23 15:02:34.123456 +0000 build-fedora: | hal", { flag: "a" });
    await chain.startReceiver();
    const path = file.slice(chain.state.length + "/logs/".length);
    const text = await until(() => chain.tryPublished(path));
    expect(text).toMatch(/\| line 99\n/);
    expect(text).toMatch(/: \| hal\n[^\n]*build-fedora: > log ended without closing\n$/);
    expect(closingMessage(path)).toMatch(/Ending: ended without closing\n[\s\S]*Checkpoint: [0-9a-f]{40}/);
  });
});

describe("a disk that is full", () => {
  it("answers no path, holds up nobody else, and commits what there is when there is room again", async () => {
    const full = await LogChain.start();
    try {
      // To a program a file that may not grow looks as a full disk does.
      runTool("prlimit", ["--pid", String(full.pid("receiver")), "--fsize=400000:unlimited"]);
      const call = { target: "dom0", service: "qubesbuilder.BuildLog", argument: "big" } as const;
      const transport = full.transport("build-fedora");
      const big = await callQrexec(transport, call, "x".repeat(99).concat("\n").repeat(20_000), limits);
      expect(big.stdout.toString()).toBe("");
      const small = await callQrexec(transport, { ...call, argument: "small" }, "small\n", limits);
      expect(full.published(small.stdout.toString().trim())).toContain("small");
      await full.end("receiver", "SIGTERM");
      await full.startReceiver();
      const path = (full.keptFiles("build-fedora/big")[0] ?? "").slice(full.state.length + "/logs/".length);
      const text = await until(() => full.tryPublished(path));
      expect(text.length).toBeGreaterThan(200_000);
      expect(text).toMatch(/> log ended without closing\n$/);
    } finally {
      await full.stop();
    }
  });
});
