import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callQrexec } from "../../src/adapters/qrexec/index.ts";
import { freePort } from "../support/free-port.ts";
import { LogChain, type PushStatus } from "../support/log-chain.ts";
import { SshServer } from "../support/ssh-server.ts";
import { runTool } from "../support/tool.ts";
import { tryToolAsync } from "../support/tool-async.ts";
import { until } from "../support/until.ts";

let server: SshServer;
let chain: LogChain;
let port: number;
/** How long a path waits for the push of its log. */
const waitSeconds = 8;

beforeAll(async () => {
  port = await freePort();
  server = new SshServer();
  await server.start();
  chain = await LogChain.start({
    receiver: (remote) => ({
      remote: server.remote(remote),
      "ssh-command": server.command,
      "push-wait-seconds": waitSeconds,
      metrics: `127.0.0.1:${port}`,
    }),
  });
});
afterAll(async () => {
  await chain.stop();
  await server.remove();
});

async function send(text: string): Promise<string> {
  const call = { target: "dom0", service: "qubesbuilder.BuildLog", argument: "remote" } as const;
  const answer = await callQrexec(chain.transport("build-fedora"), call, text, {
    timeoutMs: 240_000,
    maxOutputBytes: 1000,
  });
  return answer.stdout.toString().trim();
}

const status = (): PushStatus => chain.status();
const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
const local = (...args: string[]): string =>
  runTool("git", ["--git-dir", join(chain.state, "repository.git"), ...args]).toString();
const allPushed = (): Promise<PushStatus> => until(() => (status().since === null ? status() : null));

/** Makes the remote refuse, or be slow, by a hook of its own. */
function hook(name: string, script: string): void {
  writeFileSync(join(chain.remote, "hooks", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(chain.remote, "hooks", name), 0o755);
}

describe("the logs repository's remote", () => {
  it("is pushed to over ssh before the path is answered", async () => {
    const path = await send("over ssh\n");
    expect(chain.published(path)).toContain("over ssh");
    expect(chain.published(path)).not.toContain("push pending");
    expect(await metrics()).toMatch(/^release_bot_logs_push_waiting 0$/m);
  });

  it("that rejects a push leaves the log committed and says so; it is pushed later, in order", async () => {
    hook("pre-receive", "echo we are closed >&2; exit 1");
    const first = await send("first\n");
    const second = await send("second\n");
    expect(local("show", `master:${first}`)).toMatch(/> push pending\n$/);
    // The second knows already, and waits for nobody.
    expect(local("show", `master:${second}`)).toMatch(/> push pending\n[^\n]*> closing log\n$/);
    expect(status().reason).toMatch(/^rejected: .*we are closed/);
    expect(await metrics()).toMatch(/^release_bot_logs_push_failing 1$/m);
    const told = await tryToolAsync(process.execPath, chain.command("logs", "status", "--config", chain.config));
    expect([told.status, told.stdout]).toEqual([1, expect.stringMatching(/commits not pushed since .*we are closed/)]);
    const doctor = await tryToolAsync(process.execPath, chain.command("doctor", "--config", chain.config));
    expect([doctor.status, doctor.stdout]).toEqual([
      1,
      expect.stringMatching(/commits of logs are not pushed since .*closed/),
    ]);
    const before = local("rev-list", "master");
    rmSync(join(chain.remote, "hooks/pre-receive"));
    expect((await allPushed()).reason).toBeNull();
    expect(chain.git("rev-list", "master")).toBe(before);
  });

  it("that cannot be reached keeps nobody waiting, and gets everything when it is back", async () => {
    await server.stop();
    const paths: string[] = [];
    for (const text of ["a\n", "b\n", "c\n"]) {
      const started = performance.now();
      paths.push(await send(text));
      expect(performance.now() - started).toBeLessThan(waitSeconds * 1_000);
    }
    expect(status().reason).toMatch(/^unreachable: /);
    await server.start();
    await allPushed();
    for (const path of paths) expect(chain.published(path)).toContain("push pending");
  });

  it("that is slow does not hold the sender longer than it is told to", async () => {
    const held = join(chain.directory, "held");
    writeFileSync(held, "");
    hook("pre-receive", `while [ -e '${held}' ]; do sleep 0.1; done`);
    const path = await send("slow\n");
    expect(local("show", `master:${path}`)).toMatch(/> push pending\n$/);
    rmSync(join(chain.remote, "hooks/pre-receive"));
    rmSync(held);
    await allPushed();
    expect(chain.published(path)).toContain("slow");
  });

  it("that went on by commits of the logs key is joined, without rewriting anything", async () => {
    const clone = join(chain.directory, "clone");
    commitElsewhere(clone, "elsewhere/log", chain.logsHome.directory, chain.logsKey);
    const before = local("rev-parse", "master").trim();
    const path = await send("joined\n");
    await allPushed();
    expect(chain.published(path)).toContain("joined");
    expect(chain.published("elsewhere/log")).toBe("text\n");
    expect(chain.git("merge-base", "--is-ancestor", before, "master")).toBe("");
    const verified = await tryToolAsync("git", ["--git-dir", chain.remote, "verify-commit", "--raw", "master"], {
      GNUPGHOME: chain.logsHome.directory,
    });
    expect(verified.stderr).toContain(`VALIDSIG ${chain.logsKey}`);
  });

  it("that went on by anybody else's commit is never built upon, nor overwritten", async () => {
    const clone = join(chain.directory, "foreign");
    commitElsewhere(clone, "forged/log", chain.keysHome.directory, chain.key);
    const theirs = chain.git("rev-parse", "master").trim();
    const path = await send("ours\n");
    await until(() => (status().reason?.startsWith("diverged") ? true : null));
    expect(status().reason).toContain(`the remote branch stands at ${theirs}, which the logs key has not signed`);
    expect(chain.git("rev-parse", "master").trim()).toBe(theirs);
    expect(local("ls-tree", "-r", "--name-only", "master")).not.toContain("forged");
    expect(local("show", `master:${path}`)).toContain("push pending");
    // The operator of the remote takes it back; then everything goes through.
    chain.git("update-ref", "refs/heads/master", `${theirs}^`);
    await allPushed();
    expect(chain.published(path)).toContain("ours");
  });

  it("that was rolled back gets again what it had; one whose history was replaced does not count as ours", async () => {
    chain.git("update-ref", "refs/heads/master", "master~2");
    await send("after a roll-back\n");
    expect((await allPushed()).pushed).toBe(chain.git("rev-parse", "master").trim());
    const kept = chain.git("rev-parse", "master").trim();
    chain.git("update-ref", "-d", "refs/heads/master");
    const clone = join(chain.directory, "replaced");
    runTool("git", ["init", "--quiet", "--initial-branch", "master", clone]);
    commitIn(clone, "replaced/log", chain.logsHome.directory, chain.logsKey);
    runTool("git", ["-C", clone, "push", "--quiet", chain.remote, "master"]);
    await send("after a replacement\n");
    await until(() => (status().reason?.includes(`no longer contains ${kept}`) ? true : null));
  });
});

function commitElsewhere(clone: string, path: string, home: string, key: string): void {
  runTool("git", ["clone", "--quiet", chain.remote, clone]);
  commitIn(clone, path, home, key);
  runTool("git", ["-C", clone, "push", "--quiet", "origin", "master"]);
}

function commitIn(clone: string, path: string, home: string, key: string): void {
  const file = join(clone, path);
  runTool("mkdir", ["-p", join(file, "..")]);
  writeFileSync(file, "text\n");
  runTool("git", ["-C", clone, "add", path]);
  const who = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", `user.signingkey=${key}`];
  runTool("git", ["-C", clone, ...who, "commit", "--quiet", "-S", "-m", "elsewhere"], {
    environment: { GNUPGHOME: home },
  });
}
