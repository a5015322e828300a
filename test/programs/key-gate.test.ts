import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderData, renderEnd, renderHead } from "../../src/formats/split-gpg/index.ts";
import { Gate } from "../support/gate.ts";

let gate: Gate;
beforeAll(async () => {
  gate = new Gate();
  await gate.start();
});
afterAll(() => gate.remove());

const signature = /^-----BEGIN PGP SIGNATURE-----/;
/** Where split-gpg installs its server, or where somebody has it. */
const genuine = process.env["SPLIT_GPG_SERVER"] ?? "/usr/lib/qubes-gpg-split/gpg-server";
const isGenuine = existsSync(genuine);
let count = 0;
/** Bytes that no other test signs. */
const fresh = (): string => `bytes ${++count}`;

/** Runs a test against a gate with other options, which shares the keys. */
async function withGate(
  options: Readonly<Record<string, string>>,
  test: (other: Gate) => Promise<void>,
): Promise<void> {
  const other = new Gate(gate);
  try {
    await other.start(options);
    await test(other);
  } finally {
    await other.remove();
  }
}

/**
 * What `prepare` makes possible is signed within the window, and refused after it. The window grows until it is long enough
 * for this machine to ask within it: how fast that is done is not what is tested.
 */
async function withinWindow(
  options: Readonly<Record<string, string>>,
  prepare: (other: Gate) => Promise<(() => Promise<{ readonly status: number }>)[]>,
): Promise<void> {
  for (let seconds = 1, isTried = false; !isTried; seconds *= 4) {
    await withGate({ ...options, window: String(seconds) }, async (other) => {
      const begun = performance.now();
      const asks = await prepare(other);
      const statuses: number[] = [];
      for (const ask of asks) statuses.push((await ask()).status);
      isTried = performance.now() - begun < seconds * 1_000;
      if (!isTried) return;
      expect(statuses).toEqual(asks.map(() => 0));
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000 + 200));
      for (const ask of asks) expect((await ask()).status).toBe(1);
    });
  }
}

describe("the key gate", () => {
  it("signs what has been announced and acknowledged, detached and clear, with gpg's own good signature", async () => {
    const bytes = fresh();
    await gate.acknowledge([{ bytes }, { bytes, kind: "clear" }]);
    const detached = await gate.sign(bytes);
    expect(detached.status).toBe(0);
    const clear = await gate.sign(bytes, { kind: "--clearsign" });
    expect(clear.status).toBe(0);
    expect(gate.home.tryGpg(["--verify"], clear.stdout).stderr).toContain("Good signature");
    const file = join(gate.directory, "signed");
    writeFileSync(file, bytes);
    writeFileSync(`${file}.asc`, detached.stdout);
    expect(gate.home.tryGpg(["--verify", `${file}.asc`, file]).stderr).toContain("Good signature");
  });

  it("waits for an acknowledgement that comes after the request", async () => {
    await withGate({ wait: "120" }, async (other) => {
      const bytes = fresh();
      const asked = other.sign(bytes);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await other.acknowledge([{ bytes }]);
      expect((await asked).stdout.toString()).toMatch(signature);
    });
  });

  it("waits on, when a shorter announcement of the same key is there already", async () => {
    await withGate({ wait: "120" }, async (other) => {
      const bytes = "long ".repeat(10_000);
      await other.acknowledge([{ bytes: fresh() }]);
      const asked = other.sign(bytes);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await other.acknowledge([{ bytes }]);
      expect((await asked).stdout.toString()).toMatch(signature);
    });
  });

  describe("who may do what", () => {
    const announced = [
      ["its own build qube, its own log", "build-fedora", "build-fedora", "logs", "signs"],
      ["another build qube with keys here", "build-fedora", "build-other", "logs", "refuses"],
      ["a build qube of another environment", "build-debian", "build-debian", "logs", "refuses"],
      ["the net qube", "build-fedora", "sys-net", "logs", "refuses"],
      ["the logs qube itself", "build-fedora", "logs", "logs", "refuses"],
      ["a build qube that acknowledges its own log", "build-fedora", "build-fedora", "build-fedora", "refuses"],
      ["another environment's logs qube", "build-fedora", "build-fedora", "logs-debian", "refuses"],
      ["dom0's name as the acknowledging qube", "build-fedora", "build-fedora", "dom0", "refuses"],
    ] as const;
    it.each(announced)(
      "%s: announced for %s, asked by %s, acknowledged by %s: %s",
      async (_, qube, source, by, result) => {
        const bytes = fresh();
        await gate.acknowledge([{ bytes }], { qube, source: by });
        const answer = await gate.sign(bytes, { source });
        expect(answer.stdout.toString() !== "").toBe(result === "signs");
        expect(answer.status).toBe(result === "signs" ? 0 : 1);
      },
    );

    it("refuses an acknowledgement whose log lies under another qube's name", async () => {
      const bytes = fresh();
      await gate.acknowledge([{ bytes }], { qube: "build-fedora", log: "build-other/test/log_2026-11-23_15-02-34" });
      expect((await gate.sign(bytes)).status).toBe(1);
      expect((await gate.sign(bytes, { source: "build-other" })).status).toBe(1);
    });
  });

  describe("what has to be the same", () => {
    const wishes = [
      ["other bytes", { bytes: "one", ask: "two" }],
      ["the same bytes with one more", { bytes: "one", ask: "one\n" }],
      ["another key", { bytes: "three", ask: "three", key: "other" }],
      ["another kind", { bytes: "four", ask: "four", kind: "--clearsign" }],
    ] as const;
    it.each(wishes)("refuses %s than announced", async (_, { bytes, ask, ...how }) => {
      await gate.acknowledge([{ bytes }]);
      const key = "key" in how ? gate.otherKey : gate.key;
      const answer = await gate.sign(ask, { key, ...("kind" in how ? { kind: how.kind } : {}) });
      expect([answer.status, answer.stdout.length]).toEqual([1, 0]);
      expect(answer.stderr).toMatch(/^key-gate: no announcement/);
    });

    it("refuses a right digest with a wrong length", async () => {
      const bytes = fresh();
      await gate.acknowledge([{ bytes, length: bytes.length + 1 }]);
      expect((await gate.sign(bytes)).status).toBe(1);
    });

    it("refuses a digest after its window", async () => {
      await withinWindow({}, async (other) => {
        const bytes = fresh();
        await other.acknowledge([{ bytes }, { bytes }]);
        return [() => other.sign(bytes)];
      });
    });

    it("lets one announcement pay for one signature, also when two ask at once", async () => {
      const bytes = fresh();
      await gate.acknowledge([{ bytes }]);
      const answers = await Promise.all([gate.sign(bytes), gate.sign(bytes), gate.sign(bytes)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([0, 1, 1]);
      expect((await gate.sign(bytes)).status).toBe(1);
    });

    it("lets one of two sign that wait for the same announcement, whichever is faster", async () => {
      await withGate({ wait: "120" }, async (other) => {
        const [bytes, next] = [fresh(), fresh()];
        const asked = [other.sign(bytes), other.sign(bytes)];
        await new Promise((resolve) => setTimeout(resolve, 300));
        await other.acknowledge([{ bytes }]);
        expect((await Promise.race(asked)).status).toBe(0);
        // The other waits on, also when there is something else to sign.
        await other.acknowledge([{ bytes: next }]);
        expect((await other.sign(next)).status).toBe(0);
        await other.end();
        const answers = await Promise.allSettled(asked);
        expect(answers.filter((one) => one.status === "fulfilled" && one.value.status === 0)).toHaveLength(1);
        expect(other.said.match(/signed for build-fedora/g)).toHaveLength(2);
        expect(other.said).toMatch(/signed for build-fedora: detach [0-9A-F]{40} sha256:[0-9a-f]{64} [0-9]+ x\n/);
      });
    });

    it("counts an acknowledgement that is sent again once, also over its own restart", async () => {
      await withGate({}, async (other) => {
        const bytes = fresh();
        const log = "build-fedora/test/log_2026-11-23_15-02-34";
        await other.acknowledge([{ bytes }], { log, length: 50 });
        await other.acknowledge([{ bytes }], { log, length: 50 });
        expect((await other.sign(bytes)).status).toBe(0);
        expect((await other.sign(bytes)).status).toBe(1);
        await other.end("SIGKILL");
        await other.start();
        await other.acknowledge([{ bytes }], { log, length: 50 });
        expect((await other.sign(bytes)).status).toBe(1);
        await other.acknowledge([{ bytes }], { log, length: 51 });
        expect((await other.sign(bytes)).status).toBe(0);
        const kept = readFileSync(join(other.directory, "state/acknowledged"), "utf8").trim().split("\n");
        expect(kept.map((line) => line.split(" ").slice(1))).toEqual([
          ["build-fedora", "1".repeat(40), "50", log],
          ["build-fedora", "1".repeat(40), "51", log],
        ]);
      });
    });
  });

  describe("what an acknowledgement must be", () => {
    const head = {
      log: "build-fedora/t/log_2026-11-23_15-02-34.99",
      length: 10,
      sha256: "0".repeat(64),
      commit: "1".repeat(40),
    };
    const sign = { sign: "detach", key: "A".repeat(40), sha256: "0".repeat(64), length: 1, name: "x" };
    const wrong: [string, string][] = [
      ["not JSON", "hello\n"],
      ["a log that climbs out", JSON.stringify({ ...head, log: "build-fedora/../log_1" })],
      ["a missing member", JSON.stringify({ log: head.log, length: 1, sha256: head.sha256 })],
      ["one member more", JSON.stringify({ ...head, extra: 1 })],
      ["a length that is no whole number", JSON.stringify({ ...head, length: 1.5 })],
      ["a negative length", JSON.stringify({ ...head, length: -1 })],
      ["a commit that is none", JSON.stringify({ ...head, commit: "HEAD" })],
      ["an announcement with a short key", `${JSON.stringify(head)}\n${JSON.stringify({ ...sign, key: "ABCD1234" })}`],
      ["an announcement of decryption", `${JSON.stringify(head)}\n${JSON.stringify({ ...sign, sign: "decrypt" })}`],
      [
        "an announcement with a name of two lines",
        `${JSON.stringify(head)}\n${JSON.stringify({ ...sign, name: "a\nb" })}`,
      ],
      [
        "an announcement with a list for a digest",
        `${JSON.stringify(head)}\n${JSON.stringify({ ...sign, sha256: [] })}`,
      ],
      ["over 64 KiB", `${JSON.stringify(head)}\n${`${JSON.stringify(sign)}\n`.repeat(500)}`],
    ];
    it.each(wrong)("takes nothing of %s", async (_, text) => {
      const before = readFileSync(join(gate.directory, "state/acknowledged"), "utf8");
      await gate.received(text);
      expect(readFileSync(join(gate.directory, "state/acknowledged"), "utf8")).toBe(before);
    });
  });

  describe("what may be asked of gpg", () => {
    const key = "A".repeat(40);
    const refused: string[][] = [
      ["--export-secret-keys"],
      ["--export-secret-subkeys", key],
      ["--armor", "--export-secret-key"],
      ["--decrypt"],
      ["-d"],
      ["--encrypt", "-r", key],
      ["--symmetric"],
      ["-e", "-s", "-u", key],
      ["--sign", "-u", key],
      ["--delete-secret-keys", key],
      ["--edit-key", key],
      ["--gen-key"],
      ["--import"],
      ["--sign-key", key],
      ["--list-secret-keys"],
      ["--list-packets"],
      ["--homedir", "/tmp", "-bs", "-u", key],
      ["--homedir=/tmp", "-bs", "-u", key],
      ["--options", "/tmp/gpg.conf", "-bs", "-u", key],
      ["--keyring", "/tmp/x", "-bs", "-u", key],
      ["--detach-sign", "-u", key, "/etc/passwd"],
      ["--detach-sign", "-u", key, "--", "/etc/passwd"],
      ["--detach-sign", "-u", key, "-o", "/tmp/x"],
      ["--detach-sign", "-u", key, "--output=/tmp/x"],
      ["--detach-sign", "-u", key, "-u", "B".repeat(40)],
      ["--detach-sign", "-u", key, "--local-user", key],
      ["--detach-sign", "--clearsign", "-u", key],
      ["--detach-sign", "--decrypt", "-u", key],
      ["--detach-sign"],
      ["--detach-sign", "-u", "someone@example.org"],
      ["--detach-sign", "-u", "DEADBEEF"],
      ["--detach-sign", "-u", `${key} --decrypt`],
      ["--detach-sign", "-u", key, "--digest-algo", "SHA1"],
      ["--detach-sign", "-u", key, "--digest-algo", "MD5"],
      ["--detach-sign", "-u", key, "--digest-algo", "RIPEMD160"],
      ["--detach-sign", "-u", key, "--digest-algo", "SHA224"],
      ["--detach-sign", "-u", key, "--digest-algo", "2"],
      ["--detach-sign", "-u", key, "--personal-digest-preferences", "SHA1"],
      ["--detach-sign", "-u", key, "--cert-digest-algo", "SHA1"],
      ["--detach-sign", "-u", key, "--digest", "SHA256"],
      ["--detach", "-u", key],
      ["--det", "-u", key],
      ["--detach-sign", "-u", key, "--textmode"],
      ["--detach-sign", "-u", key, "--status-fd", "1"],
      ["--detach-sign", "-u", key, "--status-file", "/tmp/x"],
      ["--detach-sign", "-u", key, "--command-fd", "0"],
      ["--detach-sign", "-u", key, "--passphrase-fd", "0"],
      ["--detach-sign", "-u", key, "--batch=yes"],
      ["--verify", "/etc/passwd"],
      ["--list-keys", "--keyserver-options"],
      ["--export", "*"],
      ["--version", "--decrypt"],
      ["-bsd", "-u", key],
      [],
    ];
    it.each(refused.map((args) => [args]))("refuses %j, and starts no gpg", async (args) => {
      const answer = await gate.ask(args, [Buffer.from("x")]);
      expect([answer.status, answer.stdout.length]).toEqual([1, 0]);
      expect(answer.stderr).toMatch(/^key-gate: /);
      expect(answer.stderr).not.toContain("has been acknowledged");
    });

    const accepted: [string, string[]][] = [
      [
        "rpmsign 4.18",
        ["--no-verbose", "--no-armor", "--no-secmem-warning", "--digest-algo=sha256", "-u", "KEY", "-sbo", "-"],
      ],
      ["git", ["--status-fd=2", "-bsau", "KEY"]],
      ["reprepro", ["--batch", "--clear-sign", "-u", "KEY!"]],
      ["gpg's own spelling", ["--local-user=0xKEY", "--digest-algo", "SHA384", "--detach-sign", "--armor", "--", "-"]],
    ];
    it.each(accepted)("signs for %s", async (_, args) => {
      const bytes = fresh();
      const kind = args.includes("--clear-sign") ? "clear" : "detach";
      await gate.acknowledge([{ bytes, kind }]);
      const answer = await gate.ask(
        args.map((arg) => arg.replace("KEY", gate.key)),
        [Buffer.from(bytes)],
      );
      expect(answer.status).toBe(0);
      if (args[0] === "--status-fd=2") expect(answer.stderr).toContain("[GNUPG:] SIG_CREATED D ");
    });

    it("makes the weak digest of its own gpg.conf unused", async () => {
      writeFileSync(join(gate.home.directory, "gpg.conf"), "digest-algo SHA1\n");
      const bytes = fresh();
      await gate.acknowledge([{ bytes }]);
      const packets = gate.home.gpg(["--list-packets"], (await gate.sign(bytes)).stdout).toString();
      expect(packets).toMatch(/digest algo 10,/);
    });
  });

  describe("a client that misbehaves", () => {
    it("gets nothing for an endless input, which is not read beyond the announced length", async () => {
      await gate.acknowledge([{ bytes: fresh(), length: 100_000 }]);
      let sent = 0;
      const piece = Buffer.alloc(65_536);
      async function* endless(): AsyncGenerator<Buffer> {
        // 10 GB, as far as anybody takes it.
        for (; sent < 10_000_000_000; sent += piece.length) yield piece;
      }
      const answer = await gate.ask(["-b", "-u", gate.key], endless()).catch((error: Error) => error);
      expect(answer).toMatchObject({ status: 1 });
      expect(sent).toBeLessThan(2_000_000);
      expect(gate.peakMemory()).toBeLessThan(200);
    });

    const stops: [string, (head: Buffer, bytes: string) => Buffer][] = [
      ["before its request is whole", (head) => head.subarray(0, 500)],
      [
        "in the middle of a frame",
        (head, bytes) => Buffer.concat([head, renderData(0, Buffer.from(bytes)).subarray(0, -2)]),
      ],
      ["before the end of its input", (head, bytes) => Buffer.concat([head, renderData(0, Buffer.from(bytes))])],
    ];
    it.each(stops)("gets nothing and spends nothing when it stops %s", async (_, sent) => {
      const bytes = fresh();
      await gate.acknowledge([{ bytes }]);
      const said = await raw(sent(renderHead(["-b", "-u", gate.key]), bytes));
      expect(said.includes("PGP")).toBe(false);
      expect((await gate.sign(bytes)).status).toBe(0);
    });

    it.each([
      ["a frame of 4,097 bytes", (head: Buffer) => Buffer.concat([head, frame(0, 4097)])],
      ["input on another stream", (head: Buffer) => Buffer.concat([head, frame(3, 10)])],
      ["a negative stream", (head: Buffer) => Buffer.concat([head, frame(-1, 0), renderEnd(0)])],
    ])("is refused for %s", async (_, sent) => {
      const bytes = "0123456789";
      await gate.acknowledge([{ bytes }]);
      const said = await raw(sent(renderHead(["-b", "-u", gate.key])));
      expect(said.toString("latin1")).toContain("key-gate: ");
      expect((await gate.sign(bytes)).status).toBe(0);
    });

    it.each([
      ["a length beyond the head", 1025],
      ["no arguments at all", 0],
    ])("is refused for %s", async (_, length) => {
      const head = renderHead(["-b"]);
      head.writeUInt32LE(length, 0);
      expect((await raw(head)).toString("latin1")).toContain("key-gate: ");
    });

    it("goes away while it waits, and leaves nothing behind", async () => {
      const socket = connect(join(gate.directory, "rpc/qubes.Gpg"));
      socket.write("qubes.Gpg+ build-fedora\0");
      socket.write(renderHead(["-b", "-u", gate.key]));
      await new Promise((resolve) => setTimeout(resolve, 100));
      socket.destroy();
      const bytes = fresh();
      await gate.acknowledge([{ bytes }]);
      expect((await gate.sign(bytes)).status).toBe(0);
    });
  });

  it("in mode log, signs without an announcement while a log was acknowledged within the window", async () => {
    await withinWindow({ mode: "log" }, async (other) => {
      expect((await other.sign("a")).status).toBe(1);
      await other.received("");
      expect((await other.sign("b", { source: "build-other" })).status).toBe(1);
      return [() => other.sign("a"), () => other.sign("b", { kind: "--clearsign" })];
    });
  });

  it("in mode announce, takes no empty acknowledgement for one", async () => {
    await withGate({}, async (other) => {
      await other.received("");
      expect((await other.sign("a")).status).toBe(1);
    });
  });

  describe(`in front of ${isGenuine ? "the genuine split-gpg server" : "a stand-in for the genuine split-gpg server"}`, () => {
    let behind: Gate;
    const stat = (): string => join(gate.directory, "stat/stat.build-fedora");
    beforeAll(async () => {
      mkdirSync(join(gate.directory, "stat"), { recursive: true });
      const server = join(gate.directory, "server");
      const script = join(import.meta.dirname, "../support/split-gpg-server.ts");
      const words = isGenuine ? `'${genuine}'` : `'${process.execPath}' '${script}'`;
      writeFileSync(server, `#!/bin/sh\nGNUPGHOME='${gate.home.directory}' exec ${words} "$@"\n`, { mode: 0o755 });
      behind = new Gate(gate);
      await behind.start({ gpg: "/usr/bin/gpg", homedir: "", server, "stat-dir": join(gate.directory, "stat") });
    });
    afterAll(() => behind.remove());

    it("signs what was announced, detached and clear, and opens that server for the one caller", async () => {
      const [bytes, text] = [`${fresh()} ${"x".repeat(300_000)}`, fresh()];
      await behind.acknowledge([{ bytes }, { bytes: text, kind: "clear" }]);
      const detached = await behind.sign(bytes);
      expect([detached.status, detached.stderr]).toEqual([0, ""]);
      const file = join(behind.directory, "signed");
      writeFileSync(file, bytes);
      writeFileSync(`${file}.asc`, detached.stdout);
      expect(gate.home.tryGpg(["--verify", `${file}.asc`, file]).stderr).toContain("Good signature");
      const clear = await behind.sign(text, { kind: "--clearsign" });
      expect(gate.home.tryGpg(["--verify"], clear.stdout).stderr).toContain("Good signature");
      expect(statSync(stat()).isFile()).toBe(true);
    });

    it("gives git its status lines, and lists and exports public keys", async () => {
      const bytes = fresh();
      await behind.acknowledge([{ bytes }]);
      const answer = await behind.ask(["--status-fd=2", "-bsau", gate.key], [Buffer.from(bytes)]);
      expect(answer.stderr).toContain("[GNUPG:] SIG_CREATED D ");
      expect((await behind.ask(["--version"], [])).stdout.toString()).toContain("gpg (GnuPG)");
      expect((await behind.ask(["--with-colons", "--list-keys", gate.key], [])).stdout.toString()).toContain(gate.key);
      expect((await behind.ask(["--armor", "--export", gate.key], [])).stdout.toString()).toContain("PUBLIC KEY BLOCK");
    });

    it("keeps back what was not announced, what fails, and a client that stops half way", async () => {
      expect((await behind.sign("not announced, but short")).status).toBe(1);
      const bytes = fresh();
      const unknown = "F".repeat(40);
      await behind.acknowledge([{ bytes, key: unknown }, { bytes }]);
      const failed = await behind.sign(bytes, { key: unknown });
      expect([failed.status, failed.stdout.length]).toEqual([2, 0]);
      const head = renderHead(["-b", "-u", gate.key]);
      const half = await raw(Buffer.concat([head, renderData(0, Buffer.from(bytes))]), behind);
      expect(half.includes("PGP")).toBe(false);
      expect((await behind.sign(bytes)).status).toBe(0);
    });

    it("signs side by side, each caller its own", async () => {
      const all = Array.from({ length: 8 }, () => `${fresh()} ${"y".repeat(20_000)}`);
      await behind.acknowledge(all.map((bytes) => ({ bytes })));
      const answers = await Promise.all(all.map((bytes) => behind.sign(bytes)));
      expect(answers.map(({ status }) => status)).toEqual(all.map(() => 0));
    });
  });

  it.each([
    [["--mode", "announce"]],
    [["--mode", "both"]],
    [["--window", "0"]],
    [["--build-qube", "a/b"]],
    [["--unknown", "x"]],
  ])("does not start with %j alone", async (words) => {
    const { main } = await import("../../src/programs/key-gate.ts");
    expect(await main(words)).toBe(2);
  });
});

function frame(stream: number, length: number): Buffer {
  const head = Buffer.alloc(8 + length);
  head.writeInt32LE(stream, 0);
  head.writeUInt32LE(length, 4);
  return head;
}

/** Sends bytes to qubes.Gpg, ends the input, and answers all that comes back. */
function raw(bytes: Buffer, at = gate): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect({ path: join(at.directory, "rpc/qubes.Gpg"), allowHalfOpen: true });
    const said: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => said.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(said)));
    socket.on("end", () => socket.destroy());
    socket.write("qubes.Gpg+ build-fedora\0");
    socket.end(bytes);
  });
}
