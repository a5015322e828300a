import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callQrexec, type QrexecCall, qrexecTransport, serveQrexecSocket } from "../../src/adapters/qrexec/index.ts";
import { qubesTransport } from "../../src/adapters/qrexec/qubes-transport.ts";
import { callSplitGpg } from "../../src/adapters/qrexec/split-gpg-call.ts";
import { parseQubeName } from "../../src/domain/index.ts";

const root = mkdtempSync(join(tmpdir(), "rb-br-"));
const broker = join(import.meta.dirname, "../../src/lab/broker.ts");
const limits = { timeoutMs: 120_000, maxOutputBytes: 10_000_000 };
let daemon: ChildProcess;
const said: Record<string, unknown>[] = [];

const policy = `
t.Echo        *      sys-net   build-a   allow
t.Status      +x     sys-net   build-a   allow
t.Env         *      sys-net   @default  allow target=build-a
t.Socket      *      sys-net   build-a   allow
t.Socket      *      build-a   dom0      allow target=build-b
t.Big         *      sys-net   build-a   allow
t.Missing     *      sys-net   build-a   allow
t.Broken      *      sys-net   build-a   allow
t.Hang        *      sys-net   build-a   allow
t.Holder      *      sys-net   build-a   allow
t.Ask         *      sys-net   build-a   ask
t.Dom0        *      sys-net   dom0      allow
`;

function socketOf(qube: string): string {
  return join(root, qube, "qrexec.sock");
}

function transport(qube: string) {
  return qrexecTransport({ transport: "local", socket: socketOf(qube) });
}

function to(target: string, service: string, argument = ""): QrexecCall {
  const name = target === "@default" ? target : parseQubeName(target);
  if (name === null) throw new Error(target);
  return { target: name, service, argument };
}

function executable(qube: string, name: string, script: string): void {
  const path = join(root, qube, "rpc", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

beforeAll(async () => {
  mkdirSync(join(root, "policy"));
  writeFileSync(join(root, "policy/30-test.policy"), policy);
  for (const qube of ["sys-net", "build-a", "build-b"]) mkdirSync(join(root, qube, "rpc"), { recursive: true });
  executable("build-a", "t.Echo", "cat");
  executable("build-a", "t.Echo+special", "echo special");
  executable("build-a", "t.Status", "echo out; echo err >&2; exit 42");
  executable(
    "build-a",
    "t.Env",
    'echo "$# $1|$QREXEC_REMOTE_DOMAIN|$QREXEC_SERVICE_FULL_NAME|$QREXEC_SERVICE_ARGUMENT|$HOME|$(pwd)|$MARK"',
  );
  executable("build-a", "t.Big", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  executable(
    "build-a",
    "t.Hang",
    'trap "" PIPE; while read -r x; do echo "$x"; done; echo eof > "$HOME/eof"; sleep 0.1',
  );
  executable("build-a", "t.Holder", "sleep 1 & echo done");
  writeFileSync(join(root, "build-a/rpc/t.Broken"), "not executable");
  const qube = (name: string, environment = {}) => ({
    home: join(root, name),
    servicesDirs: [join(root, name, "rpc")],
    environment,
  });
  const lab = {
    policyDir: join(root, "policy"),
    qubes: { "sys-net": qube("sys-net"), "build-a": qube("build-a", { MARK: "mark" }), "build-b": qube("build-b") },
  };
  writeFileSync(join(root, "lab.json"), JSON.stringify(lab));
  daemon = spawn(process.execPath, [broker, join(root, "lab.json")], { stdio: ["ignore", "pipe", "pipe"] });
  if (daemon.stdout === null || daemon.stderr === null) throw new Error("no pipes");
  const lines = createInterface(daemon.stdout);
  await new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      said.push(JSON.parse(line));
      resolve();
    });
  });
  daemon.stderr.resume();
});

afterAll(async () => {
  daemon.kill("SIGTERM");
  await new Promise((resolve) => daemon.once("close", resolve));
  rmSync(root, { recursive: true, force: true });
});

describe("the lab's broker", () => {
  it("says that it isolates nothing, and where each qube's socket is", () => {
    expect(said[0]).toMatchObject({ event: "ready", isolates: "nothing", sockets: { "sys-net": socketOf("sys-net") } });
  });

  it("carries input and output of an executable service", async () => {
    const answer = await callQrexec(transport("sys-net"), to("build-a", "t.Echo"), "a\0b\n", limits);
    expect(answer).toMatchObject({ exit: 0, untrustedStderr: "" });
    expect(answer.stdout.toString()).toBe("a\0b\n");
  });

  it("finds a service's executable for one argument before the one for all", async () => {
    const answer = await callQrexec(transport("sys-net"), to("build-a", "t.Echo", "special"), "", limits);
    expect(answer.stdout.toString()).toBe("special\n");
  });

  it("passes on the exit status and the standard error", async () => {
    const answer = await callQrexec(transport("sys-net"), to("build-a", "t.Status", "x"), "", limits);
    expect(answer.exit).toBe(42);
    expect(answer.stdout.toString()).toBe("out\n");
    expect(answer.untrustedStderr).toBe("err\n");
  });

  it("gives an executable the environment that qrexec gives, by the target that the policy chose", async () => {
    const home = join(root, "build-a");
    const withArgument = await callQrexec(transport("sys-net"), to("@default", "t.Env", "a+b"), "", limits);
    expect(withArgument.stdout.toString()).toBe(`1 a+b|sys-net|t.Env+a+b|a+b|${home}|${home}|mark\n`);
    const without = await callQrexec(transport("sys-net"), to("nowhere", "t.Env"), "", limits);
    expect(without.stdout.toString()).toBe(`0 |sys-net|t.Env+||${home}|${home}|mark\n`);
  });

  it("refuses with 126 what no line allows, what is asked, and says which line decided", async () => {
    const status = async (qube: string, call: QrexecCall) => (await callQrexec(transport(qube), call, "", limits)).exit;
    expect(await status("build-b", to("build-a", "t.Echo"))).toBe(126);
    expect(await status("sys-net", to("build-a", "t.Status", "y"))).toBe(126);
    expect(await status("sys-net", to("build-a", "t.Ask"))).toBe(126);
    const last = said.findLast((line) => line["event"] === "call");
    expect(last).toMatchObject({ source: "sys-net", service: "t.Ask", result: "ask", rule: "30-test.policy:12" });
  });

  it("answers 127 for a service that is not there, 125 for one that cannot run", async () => {
    const status = async (call: QrexecCall) => (await callQrexec(transport("sys-net"), call, "", limits)).exit;
    expect(await status(to("build-a", "t.Missing"))).toBe(127);
    expect(await status(to("dom0", "t.Dom0"))).toBe(127);
    expect(await status(to("build-a", "t.Broken"))).toBe(125);
  });

  it("connects a socket service, which has no exit status, by way of dom0's policy too", async () => {
    const serve = async (qube: string) =>
      serveQrexecSocket({
        directory: join(root, qube, "rpc"),
        service: "t.Socket",
        onFault: () => {},
        onCall: async (call) => {
          const input = await text(call.input);
          call.output.end(`${qube} ${call.source} ${call.service}+${call.untrustedArgument} ${input}`);
        },
      });
    const services = [await serve("build-a"), await serve("build-b")];
    const first = await callQrexec(transport("sys-net"), to("build-a", "t.Socket", "x"), "hello", limits);
    expect(first.stdout.toString()).toBe("build-a sys-net t.Socket+x hello");
    const second = await callQrexec(transport("build-a"), to("dom0", "t.Socket"), "hello", limits);
    expect(second).toMatchObject({ exit: 0 });
    expect(second.stdout.toString()).toBe("build-b build-a t.Socket+ hello");
    for (const service of services) await service.close();
  });

  it("answers 125 for the socket of a dead program", async () => {
    const { status } = await run([
      "-e",
      `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))`,
      join(root, "build-a/rpc/t.Socket"),
    ]);
    expect(status).toBe(null);
    expect((await callQrexec(transport("sys-net"), to("build-a", "t.Socket"), "", limits)).exit).toBe(125);
    rmSync(join(root, "build-a/rpc/t.Socket"));
  });

  it("carries megabytes both ways, standard error too, to a slow reader", async () => {
    const connection = transport("sys-net").open(to("build-a", "t.Big"));
    connection.stdin.end();
    let length = 0;
    connection.stderr.resume();
    for await (const chunk of connection.stdout) {
      length += chunk.length;
      if (length < 500_000) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(length).toBe(3_000_000);
    expect(await connection.exit).toBe(0);
    const answer = await callQrexec(transport("sys-net"), to("build-a", "t.Echo"), Buffer.alloc(5_000_000, 7), limits);
    expect(answer.stdout.equals(Buffer.alloc(5_000_000, 7))).toBe(true);
  });

  it("ends a call only when everybody has closed the service's output", async () => {
    const started = Date.now();
    const answer = await callQrexec(transport("sys-net"), to("build-a", "t.Holder"), "", limits);
    expect(answer.stdout.toString()).toBe("done\n");
    expect(Date.now() - started).toBeGreaterThan(800);
  });

  it("gives a killed call's service the end of its input, and does not kill it", async () => {
    const connection = transport("sys-net").open(to("build-a", "t.Hang"));
    connection.stderr.resume();
    connection.stdin.write("one\n");
    await new Promise((resolve) => connection.stdout.once("data", resolve));
    connection.kill();
    expect(await connection.exit).toBe(1);
    const { existsSync } = await import("node:fs");
    await expect.poll(() => existsSync(join(root, "build-a/eof"))).toBe(true);
  });

  it("limits a call in time and in what it may answer", async () => {
    const late = callQrexec(transport("sys-net"), to("build-a", "t.Holder"), "", {
      timeoutMs: 200,
      maxOutputBytes: 10,
    });
    await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
    const long = callQrexec(transport("sys-net"), to("build-a", "t.Big"), "", {
      timeoutMs: 120_000,
      maxOutputBytes: 10,
    });
    await expect(long).rejects.toMatchObject({ code: "UNEXPECTED_ANSWER" });
  });

  it("takes a policy's change for the next call, and a syntax error for a denial of everything", async () => {
    const extra = join(root, "policy/99-extra.policy");
    const status = async () => (await callQrexec(transport("sys-net"), to("build-a", "t.Echo"), "", limits)).exit;
    writeFileSync(extra, "t.Echo * sys-net build-a allwo\n");
    expect(await status()).toBe(126);
    rmSync(extra);
    expect(await status()).toBe(0);
  });

  it("is called from shell tools as qrexec-client-vm is", async () => {
    const client = join(root, "qrexec-client-vm");
    writeFileSync(client, `#!/bin/sh\nexec ${process.execPath} ${broker} call ${socketOf("sys-net")} "$@"\n`);
    chmodSync(client, 0o755);
    const answer = await callQrexec(qubesTransport(client), to("build-a", "t.Status", "x"), "", limits);
    expect(answer).toMatchObject({ exit: 42, untrustedStderr: "err\n" });
    expect(answer.stdout.toString()).toBe("out\n");
    const echo = await callQrexec(qubesTransport(client), to("build-a", "t.Echo"), "line\n", limits);
    expect(echo.stdout.toString()).toBe("line\n");
    const { status } = await run([
      broker,
      "call",
      socketOf("sys-net"),
      "--",
      "build-a",
      "t.Echo",
      "sh",
      "-c",
      `echo hi; read -r x; echo "$x" > ${root}/joined`,
    ]);
    expect(status).toBe(0);
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(join(root, "joined"), "utf8")).toBe("hi\n");
  });

  it("is missing: exit status 1, as where there is no agent", async () => {
    const nowhere = qrexecTransport({ transport: "local", socket: join(root, "nowhere") });
    const answer = await callQrexec(nowhere, to("build-a", "t.Echo"), "", limits);
    expect(answer.exit).toBe(1);
    expect(answer.untrustedStderr).toContain("no broker");
    const client = qubesTransport(join(root, "no-such-program"));
    expect((await callQrexec(client, to("build-a", "t.Echo"), "", limits)).exit).toBe(1);
    // A signature is not waited for as long as a keys qube may take.
    const sign = callSplitGpg({ transport: client, target: "@default", args: ["-k"], input: [], timeoutMs: 600_000 });
    await expect(sign).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  it("is never asked for a call that qrexec would rewrite", () => {
    expect(() => transport("sys-net").open(to("build-a", "t.Echo", "a/b"))).toThrow(/not a qrexec call/);
    expect(() => transport("sys-net").open(to("build-a", "t.Echo+x", "y"))).toThrow(/not a qrexec call/);
    expect(() => transport("sys-net").open(to("build-a", "t.Echo", "x".repeat(1000)))).toThrow(/not a qrexec call/);
  });
});

/** Runs node with these arguments to its end. */
function run(args: readonly string[]): Promise<{ status: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    child.once("close", (status) => resolve({ status }));
  });
}
