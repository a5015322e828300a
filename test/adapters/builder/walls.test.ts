import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findWalls, runWalled } from "../../../src/adapters/builder/native/wall.ts";
import { runProgram } from "../../../src/adapters/processes/index.ts";

let directory = "";
let kind: Awaited<ReturnType<typeof findWalls>>;
const environment = { PATH: "/usr/bin:/usr/sbin:/bin:/sbin" };

beforeAll(async () => {
  const probe = mkdtempSync(join(tmpdir(), "rb-w-"));
  kind = await findWalls("required", probe, environment, runProgram);
  rmSync(probe, { recursive: true, force: true });
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rb-w-"));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What a hostile recipe would run: the shell is its author's, not ours. */
async function inside(
  script: string,
  limit = AbortSignal.timeout(240_000),
): Promise<{ status: number | null; said: string }> {
  let said = "";
  mkdirSync(join(directory, "build/home"), { recursive: true });
  const end = await runWalled({
    kind,
    run: runProgram,
    directory,
    begin: ".",
    program: "sh",
    args: ["-c", script],
    environment,
    signal: limit,
    graceMs: 500,
    onOutput: (chunk) => {
      said += Buffer.from(chunk).toString("latin1");
    },
  });
  return { status: end.status, said };
}

describe("a recipe behind the walls", () => {
  it("is another user without capabilities, and cannot get any", async () => {
    const { said } = await inside(
      "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; unshare --user --map-root-user id -u 2>&1 | tail -1",
    );
    expect(said).toContain("59999");
    expect(said).toMatch(/CapEff:\s+0000000000000000/);
    expect(said).toMatch(/CapBnd:\s+0000000000000000/);
    expect(said).toMatch(/NoNewPrivs:\s+1/);
  });

  it("does not find the agent's home, nor anybody else's", async () => {
    writeFileSync(join(directory, "secret"), "agent's secret");
    const home = homedir();
    const { said } = await inside(
      `ls -d ${home} /home /root /rw /mnt /srv /opt /sys ${directory} /tmp/* 2>/dev/null; cat ${directory}/secret; ls -A /old 2>&1; true`,
    );
    expect(said).not.toContain("agent's secret");
    expect(said.split("\n").filter((line) => line.startsWith("/"))).toEqual([]);
  });

  it("reads no password hashes, and learns no account of this machine", async () => {
    const { said } = await inside("cat /etc/shadow; cut -d: -f1 /etc/passwd");
    expect(said.split("\n").filter(Boolean).slice(-3)).toEqual(["root", "builder", "nobody"]);
    expect(said).toContain("Permission denied");
  });

  it("reaches no network and no socket of this machine, named or abstract", async () => {
    const path = join(directory, "agent.sock");
    const servers: Server[] = [];
    const listen = (where: string | number): Promise<number> =>
      new Promise((resolve) => {
        const server = createServer((socket) => socket.end("reached\n"));
        servers.push(server);
        server.listen(where, () => {
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? address.port : 0);
        });
      });
    await listen(path);
    const abstract = `release-bot-walls-test-${process.pid}`;
    await listen(`\0${abstract}`);
    const port = await listen(0);
    const { said } = await inside(`
perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); print connect(S, sockaddr_in(${port}, inet_aton("127.0.0.1"))) ? "tcp reached\\n" : "tcp no\\n"'
perl -e 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); print connect(S, sockaddr_un("${path}")) ? "path reached\\n" : "path no\\n"'
perl -e 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); print connect(S, pack("Sa*", 1, "\\0${abstract}")) ? "abstract reached\\n" : "abstract no\\n"'
cat /proc/net/dev | wc -l`);
    for (const server of servers) server.close();
    expect(said.split("\n").slice(0, 3)).toEqual(["tcp no", "path no", "abstract no"]);
  });

  it("writes nowhere but in its own directory, and makes no device", async () => {
    const { said } = await inside(
      "for f in /x /usr/x /etc/x /var/lib/dpkg/x /dev/x /proc/sys/kernel/hostname; do echo 1 > $f && echo wrote $f; done 2>/dev/null; mknod /build/null c 1 3 && echo made; echo fine > /build/x && cat /build/x",
    );
    expect(said.split("\n").filter((line) => line !== "" && !line.startsWith("mknod"))).toEqual(["fine"]);
  });

  it("sees and signals no process of this machine", async () => {
    const { said } = await inside(`ls -d /proc/[0-9]* | wc -l; kill -0 ${process.pid} && echo signalled`);
    expect(Number(said.split("\n")[0])).toBeLessThan(6);
    expect(said).not.toContain("signalled");
  });

  it("leaves no process behind, not even one that left its session and ignores TERM", async () => {
    const marker = `${process.pid}${Date.now()}`.slice(-9);
    const { status } = await inside(
      `(setsid sh -c 'trap "" TERM HUP; sleep ${marker}' >/dev/null 2>&1 &) ; sleep 0.3; exit 0`,
    );
    expect(status).toBe(0);
    expect(running(marker)).toBe(false);
  });

  it("is ended at its limit with all that it started", async () => {
    const marker = `${process.pid}${Date.now()}`.slice(-8);
    const begin = performance.now();
    await inside(
      `trap '' TERM; setsid sh -c 'trap "" TERM; sleep ${marker}' & sleep ${marker}`,
      AbortSignal.timeout(500),
    );
    expect(running(marker)).toBe(false);
    expect(performance.now() - begin).toBeLessThan(200_000);
  });

  function running(marker: string): boolean {
    return readdirSync("/proc").some((pid) => {
      try {
        return /^[0-9]+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes(marker);
      } catch {
        return false;
      }
    });
  }
});
