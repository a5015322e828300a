import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { openIsoTests, parseClientConf, serverUrl } from "../../../src/adapters/openqa/index.ts";
import type { IsoSubject, IsoVersion, Release } from "../../../src/domain/index.ts";

const key = "1234567890ABCDEF";
const secret = "FEDCBA0987654321";
const iso: IsoSubject = { kind: "iso", release: "r4.3" as Release, version: "4.3.202611231200" as IsoVersion };

let server: Server | null = null;
afterEach(() => void server?.close());

/** Stands in for openQA: takes only what carries the right key, a fresh time and the right hash. */
async function openQa(
  answer: { status: number; body: string } | "hang" = { status: 200, body: '{"ids":[1,2],"count":2,"failed":[]}' },
) {
  const taken: URLSearchParams[] = [];
  const listening = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const time = String(request.headers["x-api-microtime"]);
      const hash = createHmac("sha1", secret).update(`${request.url}${time}`).digest("hex");
      const fresh = Math.abs(Date.now() / 1000 - Number(time)) < 300;
      const good = request.headers["x-api-key"] === key && request.headers["x-api-hash"] === hash && fresh;
      if (answer === "hang") return;
      if (!good) return void response.writeHead(403).end('{"error":"no valid key"}');
      if (request.method !== "POST" || request.url !== "/api/v1/isos") return void response.writeHead(404).end();
      taken.push(new URLSearchParams(body));
      response.writeHead(answer.status).end(answer.body);
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const address = listening.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, taken };
}

const ask = (url: string, change: Partial<{ key: string; secret: string; now: () => Date; limitMs: number }> = {}) =>
  openIsoTests({
    server: { url: serverUrl(url), key: change.key ?? key, secret: change.secret ?? secret },
    isoBaseUrl: "https://example.org/iso/",
    now: change.now ?? (() => new Date()),
    limitMs: change.limitMs ?? 60_000,
  }).start(iso);

describe("openQA", () => {
  it("is asked to test an image, by its own key and hash, and says where the results will stand", async () => {
    const { url, taken } = await openQa();
    expect(await ask(url)).toBe(`${url}/tests/overview?distri=qubesos&version=4.3&build=4.3.202611231200`);
    expect(Object.fromEntries(taken[0] ?? [])).toEqual({
      DISTRI: "qubesos",
      VERSION: "4.3",
      FLAVOR: "install-iso",
      ARCH: "x86_64",
      BUILD: "4.3.202611231200",
      ISO_URL: "https://example.org/iso/Qubes-4.3.202611231200-x86_64.iso",
    });
  });

  it.each([
    ["a wrong secret", { secret: "0" }],
    ["a wrong key", { key: "0" }],
    ["an old time", { now: () => new Date("2020-01-01T00:00:00Z") }],
  ])("refuses %s, and the error holds no secret", async (_name, change) => {
    const { url } = await openQa();
    const error = await ask(url, change).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code: "DENIED" });
    expect(JSON.stringify(error)).not.toContain(secret);
  });

  it.each([
    ["500", { status: 500, body: "" }],
    ["no job", { status: 200, body: '{"ids":[],"count":0}' }],
    ["a page of another program", { status: 200, body: "<html>" }],
  ])("is not believed where it answers %s", async (_name, answer) => {
    const { url } = await openQa(answer);
    await expect(ask(url)).rejects.toMatchObject({ code: "UNEXPECTED_ANSWER" });
  });

  it("is not waited for longer than the limit", async () => {
    const { url } = await openQa("hang");
    await expect(ask(url, { limitMs: 200 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("is found by its own client.conf", () => {
    const text = "# mine\n[openqa.example.org]\nkey = A1\nsecret = B2\n\n[http://other:9526]\nkey=C3\nsecret=D4\n";
    const found = parseClientConf(text, "openqa.example.org");
    expect([found.url.href, found.key, found.secret]).toEqual(["https://openqa.example.org/", "A1", "B2"]);
    expect(parseClientConf(text, "http://other:9526").url.href).toBe("http://other:9526/");
    expect(parseClientConf("[one]\nkey=A\nsecret=B\n", null).url.href).toBe("https://one/");
  });

  it.each([
    [
      "two servers of which none is named",
      "[a]\nkey=1\nsecret=2\n[b]\nkey=1\nsecret=2\n",
      "no key and secret for one server",
    ],
    ["a server without a secret", "[a]\nkey=1\n", "no key and secret"],
    ["a line of another form", "[a]\nwhat\n", "client.conf:2:"],
  ])("is not configured by %s", (_name, text, message) => {
    expect(() => parseClientConf(text, null)).toThrow(message);
  });
});
