import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { openLogService } from "../../../src/adapters/qrexec/log-service.ts";
import type { QrexecConnection, QrexecTransport } from "../../../src/adapters/qrexec/transport.ts";
import type { TraceId } from "../../../src/domain/index.ts";
import { parseAnnouncement } from "../../../src/formats/build-log/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** A log service of this test's own making. */
interface Service {
  /** How long it takes for each write; `never` takes none. */
  readonly takes?: "at once" | "never";
  readonly stderr?: number;
  /** What it answers at the end of the log; null: it never ends. */
  readonly answer?: string | null;
  readonly exit?: number;
  /** It ends by itself, this many milliseconds after the call. */
  readonly endsAfterMs?: number;
}

function transportTo(service: Service, seen: string[] = []): QrexecTransport {
  return {
    open(): QrexecConnection {
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      let settle: (status: number) => void = () => undefined;
      const exit = new Promise<number>((resolve) => {
        settle = resolve;
      });
      const end = (status: number): void => {
        stdout.end();
        stderr.end();
        // As a real process' end comes after its output has been read.
        setTimeout(() => settle(status), 10);
      };
      const stdin = new Writable({
        write(chunk: Buffer, _encoding, done) {
          seen.push(chunk.toString("latin1"));
          if (service.takes !== "never") done();
        },
        final(done) {
          done();
          if (service.answer === null) return;
          stdout.write(service.answer ?? "build-fedora/x/log_2026-11-23_15-02-34\n");
          end(service.exit ?? 0);
        },
      });
      if (service.stderr !== undefined) stderr.write(Buffer.alloc(service.stderr, 0x78));
      if (service.endsAfterMs !== undefined) setTimeout(() => end(service.exit ?? 126), service.endsAfterMs);
      return { stdin, stdout, stderr, exit, kill: () => end(1) };
    },
  };
}

const open = (service: Service, more: object = {}, seen: string[] = [], trace: TraceId | null = null) =>
  openLogService({
    transport: transportTo(service, seen),
    socketDirectory: temporaryDirectory(),
    closeTimeoutMs: 60_000,
    stallTimeoutMs: 60_000,
    ...more,
  }).open("x", trace);

const announcement = { kind: "detach", key: "A".repeat(40), sha256: "a".repeat(64), length: 1, name: "x" } as const;

describe("a log that is sent", () => {
  it("cannot be had where the policy refuses it", async () => {
    await expect(open({ endsAfterMs: 1 }, { refusalMs: 60_000 })).rejects.toThrow(
      /no log can be had: the log service has gone away \(call: 126\)/,
    );
  });

  it("says which command it is for, beside each signature, too", async () => {
    const seen: string[] = [];
    const log = await open({}, {}, seen, "0123456789ab" as TraceId);
    await log.announce({ ...announcement, name: `${"n".repeat(120)}.rpm.sig` });
    await log.close("done");
    const lines = seen.join("").split("\n");
    expect(lines).toContain("> id 0123456789ab");
    const [line = ""] = lines.filter((text) => text.startsWith("> sign "));
    expect(parseAnnouncement(line)?.name).toBe(`0123456789ab~${"n".repeat(107)}.rpm.sig`);
    const unasked: string[] = [];
    await (await open({}, {}, unasked)).announce(announcement);
    expect(unasked.join("")).not.toContain("> id ");
    expect(unasked.join("")).toMatch(/ 1 x\n/);
  });

  it("does not hold a build that writes to a service which takes nothing", async () => {
    const log = await open({ takes: "never" }, { closeTimeoutMs: 300, stallTimeoutMs: 200 });
    const started = performance.now();
    for (let n = 0; n < 50; n++) await log.output(Buffer.alloc(65_536, 0x78));
    // Held once, and not anew for each.
    expect(performance.now() - started).toBeLessThan(50 * 200);
    expect(await log.broken).toBe("the log service took no line for 0.2 s");
    await expect(log.announce(announcement)).rejects.toThrow(/nothing can be announced/);
    expect(await log.close("failed")).toBeNull();
  });

  it("does not wait longer than it is told for a service that never ends", async () => {
    const log = await open({ answer: null }, { closeTimeoutMs: 300 });
    const started = performance.now();
    expect(await log.close("done")).toBeNull();
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it("is not held up by a service that writes much to standard error", async () => {
    const log = await open({ stderr: 10_000_000 });
    await log.output(Buffer.from("x\n"));
    expect(await log.close("done")).toBe("build-fedora/x/log_2026-11-23_15-02-34");
  });

  it("tells when the service goes away in the middle", async () => {
    const log = await open({ endsAfterMs: 150, exit: 1 });
    expect(await log.broken).toBe("the log service has gone away (call: 1)");
    await log.output(Buffer.from("nobody reads this\n"));
    expect(await log.close("failed")).toBeNull();
  });

  it.each([
    ["no path", "hello\n"],
    ["nothing", ""],
    ["a path without its line feed", "build-fedora/x/log_2026-11-23_15-02-34"],
    ["a path that breaks out of Markdown", "build-fedora/x/log_2026-11-23_15-02-34](http://evil)\n"],
  ])("has no path where the service answers %s", async (_, answer) => {
    expect(await (await open({ answer })).close("done")).toBeNull();
  });

  it("has no path where the service fails", async () => {
    expect(await (await open({ exit: 1 })).close("done")).toBeNull();
  });

  it("over its limit, is broken for the build, and still takes the agent's own lines", async () => {
    const seen: string[] = [];
    const log = await open({}, { limitBytes: 1_000 }, seen);
    for (let n = 0; n < 5; n++) await log.output(Buffer.from(`${"x".repeat(299)}\n`));
    expect(await log.broken).toBe("the log is over its limit of 1000 bytes");
    log.note("ended");
    await expect(log.announce(announcement)).rejects.toThrow(/over its limit/);
    expect(await log.close("failed")).not.toBeNull();
    const sent = seen.join("");
    expect(sent).toMatch(/> the log is over its limit of 1000 bytes: the build is ended\n> ended\n> failed\n$/);
    expect(sent).not.toContain("> sign");
  });

  it("has a tail of thirty lines and 3,500 characters, with what is not UTF-8 in it", async () => {
    const log = await open({});
    for (let n = 0; n < 100; n++) await log.output(Buffer.from(`line ${n} \xff${"y".repeat(150)}\n`, "latin1"));
    expect(log.tail().length).toBeLessThanOrEqual(3_500);
    expect(log.tail()).toMatch(/line 99 \ufffdy+$/);
    const short = await open({});
    for (let n = 0; n < 100; n++) await short.output(Buffer.from(`${n}\n`));
    expect(short.tail().split("\n")).toEqual(Array.from({ length: 30 }, (_, index) => `| ${70 + index}`));
    await Promise.all([log.close("done"), short.close("done")]);
  });

  it("takes announcements of other programs of the agent's on its socket, and nothing else", async () => {
    const { announceAt } = await import("../../../src/adapters/qrexec/announce-socket.ts");
    const seen: string[] = [];
    const log = await open({}, {}, seen);
    await log.output(Buffer.from("in the middle of a line"));
    await announceAt(log.socketPath, announcement);
    expect(seen.join("")).toContain(`\n> sign detach ${announcement.key} sha256:${announcement.sha256} 1 x\n`);
    const { connect } = await import("node:net");
    const said = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(log.socketPath).on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("close", () => resolve(text));
      socket.write("> done\n");
    });
    expect(said).toBe("refused no announcement\n");
    await log.close("done");
    await expect(announceAt(log.socketPath, announcement)).rejects.toThrow(/cannot be reached/);
  });
});
