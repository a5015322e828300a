import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endChild } from "../support/end-child.ts";
import { freePort } from "../support/free-port.ts";
import { goldenDescription, renderToDisk } from "../support/rendered-folder.ts";

const root = mkdtempSync(join(tmpdir(), "rb-ng-"));
const children: ChildProcess[] = [];
let upstream: Server;
const arrived: string[] = [];
/** nginx with the loopback among its ranges, and one with GitHub's own ranges only. */
let open: number;
let closed: number;

/** Runs nginx with the rendered configuration, its fixed places moved into our directory. */
async function startNginx(name: string, description: string, receiver: number): Promise<number> {
  const port = await freePort();
  const folder = renderToDisk(description);
  const directory = join(root, name);
  mkdirSync(directory);
  const text = folder
    .read("sys-net/rw/config/release-bot/nginx.conf")
    .replaceAll("/run/release-bot-nginx", directory)
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace("listen [::]:80;", "")
    .replaceAll("http://127.0.0.1:8080", `http://127.0.0.1:${receiver}`);
  folder.remove();
  expect(text).toContain(`listen 127.0.0.1:${port};`);
  writeFileSync(join(directory, "nginx.conf"), text);
  const nginx = spawn("nginx", ["-c", join(directory, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"], {
    stdio: "ignore",
  });
  children.push(nginx);
  const answers = (): Promise<boolean> =>
    send(port, "GET", "/").then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (nginx.exitCode !== null || nginx.signalCode !== null) throw new Error("nginx did not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return port;
}

function send(
  port: number,
  method: string,
  path: string,
  body: Buffer | string = "",
  headers = {},
): Promise<{ readonly status: number }> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: "127.0.0.1", port, method, path, headers, agent: false },
      (answer: IncomingMessage) => {
        answer.resume();
        answer.once("close", () => resolve({ status: answer.statusCode ?? 0 }));
      },
    );
    call.once("error", reject);
    call.end(body);
  });
}

const http = goldenDescription.replace(/^ {2}webhook_certificate.*\n/gm, "");

beforeAll(async () => {
  upstream = createServer((call, answer) => {
    let length = 0;
    call.on("data", (chunk: Buffer) => {
      length += chunk.length;
    });
    call.on("end", () => {
      arrived.push(`${call.method} ${call.url} ${length}`);
      answer.writeHead(202).end("taken\n");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => upstream.once("listening", resolve));
  const { port } = upstream.address() as AddressInfo;
  const here = http.replace("build-infra:\n", "build-infra:\n  github_hook_ranges: [127.0.0.0/8]\n");
  open = await startNginx("open", here, port);
  closed = await startNginx("closed", http, port);
});

afterAll(async () => {
  await Promise.all(children.map((child) => endChild(child)));
  await new Promise((resolve) => upstream.close(resolve));
  rmSync(root, { recursive: true, force: true });
});

describe("nginx before the receiver", () => {
  it.each([
    "/github-hooks/trigger-build",
    "/github-hooks/process-comment",
    "/api/services/trigger_build",
    "/api/services/process_comment",
  ])("passes on what is posted to %s", async (path) => {
    expect((await send(open, "POST", path, "{}")).status).toBe(202);
    expect(arrived.at(-1)).toBe(`POST ${path} 2`);
  });

  it.each([
    ["GET", "/github-hooks/trigger-build", 405],
    ["PUT", "/github-hooks/trigger-build", 405],
    ["POST", "/", 404],
    ["GET", "/metrics", 404],
    ["GET", "/healthz", 404],
    ["POST", "/github-hooks/trigger-build/", 404],
    ["POST", "/github-hooks/../metrics", 404],
    ["POST", "/github-hooks/trigger-build%2f..%2f..%2fmetrics", 404],
  ])("answers %s %s with %d, and passes nothing on", async (method, path, status) => {
    const before = arrived.length;
    expect((await send(open, method, path, "{}")).status).toBe(status);
    expect(arrived).toHaveLength(before);
  });

  it("takes a body of 1 MiB, and answers a longer one 413", async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, 0x20);
    expect((await send(open, "POST", "/github-hooks/trigger-build", mebibyte)).status).toBe(202);
    const before = arrived.length;
    const longer = Buffer.concat([mebibyte, Buffer.from(" ")]);
    expect((await send(open, "POST", "/github-hooks/trigger-build", longer)).status).toBe(413);
    const chunked = await send(open, "POST", "/github-hooks/trigger-build", longer, { "transfer-encoding": "chunked" });
    expect(chunked.status).toBe(413);
    expect(arrived).toHaveLength(before);
  });

  it("cuts off who sends head or body too slowly, and serves others meanwhile", async () => {
    let cut = 0;
    const slow = (bytes: string): Promise<number> => {
      const started = performance.now();
      const socket = connect(open, "127.0.0.1");
      socket.on("error", () => {});
      socket.resume();
      socket.write(bytes);
      return new Promise((resolve) =>
        socket.once("close", () => {
          cut += 1;
          resolve(performance.now() - started);
        }),
      );
    };
    const body = "POST /github-hooks/trigger-build HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{";
    const held = [slow("POST /github-hooks/trigger-build HTTP/1.1\r\nHost:"), slow(body)];
    for (let i = 0; i < 10; i++) held.push(slow(body));
    expect((await send(open, "POST", "/github-hooks/trigger-build", "{}")).status).toBe(202);
    expect(cut).toBe(0);
    // After 10 s; nginx' own limit would be a minute.
    for (const ms of await Promise.all(held)) expect(ms).toBeLessThan(50_000);
  });

  it("turns away who is not in GitHub's ranges, whatever is asked for", async () => {
    const before = arrived.length;
    expect((await send(closed, "POST", "/github-hooks/trigger-build", "{}")).status).toBe(403);
    // A forged header says nothing about where a call comes from.
    const forged = { "x-forwarded-for": "192.30.252.1", "x-real-ip": "192.30.252.1" };
    expect((await send(closed, "POST", "/github-hooks/trigger-build", "{}", forged)).status).toBe(403);
    expect(arrived).toHaveLength(before);
  });

  it("hands a signed delivery to the real receiver, which takes it", async () => {
    const home = join(root, "receiver");
    mkdirSync(home);
    writeFileSync(join(home, "secret"), "a-webhook-secret-of-some-length\n");
    writeFileSync(join(home, "build-vms.list"), "build-fedora\n");
    const port = await freePort();
    writeFileSync(
      join(home, "config.yml"),
      JSON.stringify({
        qrexec: { transport: "local", socket: join(home, "no-broker.sock") },
        receiver: {
          listen: { host: "127.0.0.1", port },
          monitor: { host: "127.0.0.1", port: 0 },
          "webhook-secret-file": "secret",
          "state-dir": "state",
          "build-vms-list": "build-vms.list",
          owners: ["QubesOS"],
        },
      }),
    );
    const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");
    const receiver = spawn(process.execPath, [program, "receiver", "--config", join(home, "config.yml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(receiver);
    await new Promise<void>((resolve, reject) => {
      receiver.once("exit", () => reject(new Error("the receiver did not start")));
      receiver.stdout.on("data", (chunk: Buffer) => {
        if (chunk.includes("ready")) resolve();
      });
    });
    const here = http.replace("build-infra:\n", "build-infra:\n  github_hook_ranges: [127.0.0.0/8]\n");
    const front = await startNginx("front", here, port);
    const body = JSON.stringify({ zen: "Keep it simple.", hook_id: 1, hook: {} });
    const signature = `sha256=${createHmac("sha256", "a-webhook-secret-of-some-length").update(body).digest("hex")}`;
    const headers = {
      "content-type": "application/json",
      "x-github-event": "ping",
      "x-github-delivery": "9f1c8d8e-0000-4000-8000-000000000001",
      "x-hub-signature-256": signature,
    };
    expect((await send(front, "POST", "/github-hooks/trigger-build", body, headers)).status).toBe(202);
    const wrong = { ...headers, "x-hub-signature-256": `${signature.slice(0, -1)}0` };
    expect((await send(front, "POST", "/github-hooks/trigger-build", `${body} `, wrong)).status).toBe(401);
  });
});
