import { createHash } from "node:crypto";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { announcingSigner } from "../../src/adapters/qrexec/split-gpg-signer.ts";
import { parseFingerprint, parseQubeName } from "../../src/domain/index.ts";
import { LogChain } from "../support/log-chain.ts";
import { runToolAsync } from "../support/tool-async.ts";
import { until } from "../support/until.ts";

let chain: LogChain;
afterEach(() => chain.stop());

const bytes = Buffer.from("bytes");
const sha256 = createHash("sha256").update(bytes).digest("hex");

/** Asks for one signature by way of a new log; answers whether there was one. */
async function sign(label: string, qube = "build-fedora"): Promise<string> {
  const log = await chain.openLog(label, qube);
  const key = parseFingerprint(chain.key);
  const target = parseQubeName("keys-fedora");
  if (key === null || target === null) throw new Error("no key");
  const signer = announcingSigner({ transport: chain.transport(qube), target, log, timeoutMs: 240_000 });
  try {
    await signer.sign({ kind: "detach", encoding: "armored", key, name: "x", bytes });
    return "signed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await log.close("done");
  }
}

function closeRemote(): () => void {
  const hook = join(chain.remote, "hooks/pre-receive");
  writeFileSync(hook, "#!/bin/sh\nexit 1\n");
  chmodSync(hook, 0o755);
  return () => rmSync(hook);
}

describe("what an acknowledgement waits for", () => {
  it("with ack: push, unlocks nothing while the remote takes nothing, and unlocks it when it does", async () => {
    chain = await LogChain.start();
    const open = closeRemote();
    const signing = sign("closed");
    let isOver = false;
    void signing.then(() => {
      isOver = true;
    });
    // Committed and refused: nothing of it is acknowledged, and the signature goes on waiting.
    const isRefused = (): boolean =>
      existsSync(join(chain.state, "status.json")) && chain.status().reason?.startsWith("rejected") === true;
    await until(() => isRefused() || null);
    expect([chain.acknowledged(), isOver]).toEqual(["", false]);
    open();
    expect(await signing).toBe("signed");
    expect(chain.git("log", "--format=%s", "master")).toContain("Checkpoint of a log");
  });

  it("with ack: commit, unlocks what is committed though it cannot be pushed", async () => {
    chain = await LogChain.start({ receiver: () => ({ ack: "commit" }) });
    closeRemote();
    expect(await sign("closed")).toBe("signed");
  });

  it("under an embargo, commits and acknowledges without pushing until the release", async () => {
    chain = await LogChain.start();
    await chain.end("receiver", "SIGTERM");
    await chain.startReceiver(["--embargo"]);
    expect(await sign("secret")).toBe("signed");
    expect(chain.git("for-each-ref")).toBe("");
    const status = await runToolAsync(process.execPath, chain.command("logs", "list", "--config", chain.config));
    expect(status.stdout).toMatch(/^build-fedora\/secret\/log_/);
    await runToolAsync(process.execPath, chain.command("logs", "release", "--config", chain.config));
    await until(() => (chain.git("for-each-ref") === "" ? null : true));
    const path = status.stdout.trim();
    await until(() => chain.tryPublished(path));
    expect(chain.published(path)).toContain(`> sign detach ${chain.key} sha256:${sha256} 5 x\n`);
  });

  it("never unlocks another environment's keys: neither by policy, nor by the log's caller", async () => {
    chain = await LogChain.start({ gate: { wait: "1" } });
    expect(await sign("other", "build-debian")).toMatch(/policy refuses|DENIED|refuse/);
    const log = await chain.openLog("other", "build-debian");
    await log.announce({ kind: "detach", key: chain.key, sha256, length: 5, name: "x" });
    expect(await log.close("done")).toMatch(/^build-debian\//);
    const fedora = await chain.openLog("asks", "build-fedora");
    const silent = { announce: async () => undefined };
    const key = parseFingerprint(chain.key);
    if (key === null) throw new Error("no key");
    const transport = chain.transport("build-fedora");
    const signer = announcingSigner({ transport, target: "@default", log: silent, timeoutMs: 240_000 });
    await expect(signer.sign({ kind: "detach", encoding: "armored", key, name: "x", bytes })).rejects.toThrow(
      /no announcement/,
    );
    await fedora.close("done");
  });

  it("counts no line of a build's output as an announcement, whatever stands in it", async () => {
    chain = await LogChain.start({ gate: { wait: "1" } });
    const log = await chain.openLog("hostile");
    const line = `> sign detach ${chain.key} sha256:${sha256} 5 x`;
    for (const lead of ["", "\n", "\r", "\r\n", "\u2028", "\u0085", "\f", "\v", "\0", "| \n", "+ "]) {
      await log.output(Buffer.from(`${lead}${line}\n`));
      await log.output(Buffer.from(`${lead}${line}`));
    }
    // Cut where the agent's own line comes in between.
    await log.output(Buffer.from("> si"));
    log.note("a note");
    await log.output(Buffer.from(`gn detach ${chain.key} sha256:${sha256} 5 x\n`));
    log.note(`x\n${line}`);
    const silent = { announce: async () => undefined };
    const key = parseFingerprint(chain.key);
    if (key === null) throw new Error("no key");
    const transport = chain.transport("build-fedora");
    const signer = announcingSigner({ transport, target: "@default", log: silent, timeoutMs: 240_000 });
    await expect(signer.sign({ kind: "detach", encoding: "armored", key, name: "x", bytes })).rejects.toThrow(
      /no announcement/,
    );
    await log.close("done");
  });
});
