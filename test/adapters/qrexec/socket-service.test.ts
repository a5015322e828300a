import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type IncomingCall, type ListeningService, serveQrexecSocket } from "../../../src/adapters/qrexec/index.ts";

let directory: string;
let service: ListeningService | null = null;
let faults: unknown[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rb-q-"));
  faults = [];
});
afterEach(async () => {
  await service?.close(100);
  service = null;
  rmSync(directory, { recursive: true, force: true });
});

async function serve(onCall: (call: IncomingCall) => void | Promise<void>, extra = {}): Promise<string> {
  const onFault = (fault: unknown): void => void faults.push(fault);
  service = await serveQrexecSocket({ directory, service: "test.Service", onCall, onFault, ...extra });
  return service.path;
}

/** Connects, sends the pieces with a moment between them, closes its half where told, and answers what came back. */
async function ask(path: string, pieces: readonly (string | Buffer)[], closing: "close" | "open"): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  const answer = text(socket).catch((error: unknown) => `error: ${String(error)}`);
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (closing === "close") socket.end();
  return answer.finally(() => socket.destroy());
}

const echo = async (call: IncomingCall): Promise<void> => {
  const said = await text(call.input);
  call.output.end(`${call.service}|${call.untrustedArgument}|${call.source}|${said}`);
};

describe("a socket service", () => {
  it("takes a header that arrives together with the first input", async () => {
    const path = await serve(echo);
    expect(await ask(path, ["test.Service+a.b sys-net\0hello"], "close")).toBe("test.Service|a.b|sys-net|hello");
  });

  it("takes a header that arrives byte by byte, and input after it", async () => {
    const path = await serve(echo);
    const head = [..."test.Service+ sys-net\0"];
    expect(await ask(path, [...head, "one ", "two"], "close")).toBe("test.Service||sys-net|one two");
  });

  it("answers after the caller has closed its input", async () => {
    const path = await serve(async (call) => {
      await text(call.input);
      await new Promise((resolve) => setTimeout(resolve, 100));
      call.output.end("taken\n");
    });
    expect(await ask(path, ["test.Service+x sys-net\0"], "close")).toBe("taken\n");
  });

  it("may answer without reading the input, however much the caller sends", async () => {
    const path = await serve((call) => void call.output.end("taken\n"));
    expect(await ask(path, ["test.Service+x sys-net\0", Buffer.alloc(3_000_000)], "open")).toBe("taken\n");
  });

  it("passes on bytes as they are", async () => {
    const path = await serve(async (call) => {
      for await (const chunk of call.input) call.output.write(chunk);
      call.output.end();
    });
    expect(await ask(path, ["test.Service+x sys-net\0a\0b\r\n", "\0"], "close")).toBe("a\0b\r\n\0");
  });

  it.each([
    ["no source", "test.Service+x\0"],
    ["three words", "test.Service+x sys-net dom0\0"],
    ["an empty service", "+x sys-net\0"],
    ["a character that qrexec never passes", "test.Service+x/y sys-net\0"],
    ["no end", `test.Service+${"x".repeat(2000)}`],
  ])("closes a call with %s, unanswered", async (_what, head) => {
    const calls: IncomingCall[] = [];
    const path = await serve((call) => void calls.push(call));
    expect(await ask(path, [head], "open")).toBe("");
    expect(calls).toEqual([]);
    expect(faults).toHaveLength(1);
  });

  it("closes a caller that sends no header in time, and serves others meanwhile", async () => {
    const path = await serve(echo, { headerTimeoutMs: 2_000 });
    const silent = ask(path, [], "open");
    expect(await ask(path, ["test.Service+ a\0x"], "close")).toBe("test.Service||a|x");
    expect(await silent).toBe("");
    expect(String(faults[0])).toContain("2000 ms");
  });

  it("ends a call whose handler throws, and takes the next", async () => {
    let first = true;
    const path = await serve((call) => {
      if (!first) return echo(call);
      first = false;
      throw new Error("a bug");
    });
    expect(await ask(path, ["test.Service+ a\0"], "close")).toBe("");
    expect(await ask(path, ["test.Service+ a\0x"], "close")).toBe("test.Service||a|x");
    expect(String(faults[0])).toContain("a bug");
  });

  it("replaces the socket of a dead program, but not that of a living one, and no other file", async () => {
    const path = join(directory, "test.Service");
    const dead = createServer().listen(path);
    await new Promise((resolve) => dead.once("listening", resolve));
    await expect(serve(echo)).rejects.toThrow(/another program/);
    // What a kill leaves: the file without a listener.
    dead.close();
    const { spawnSync } = await import("node:child_process");
    spawnSync(process.execPath, [
      "-e",
      `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`,
    ]);
    await serve(echo);
    expect(await ask(path, ["test.Service+ a\0"], "close")).toBe("test.Service||a|");
    await service?.close(100);
    service = null;
    writeFileSync(path, "a file");
    await expect(serve(echo)).rejects.toThrow(/no socket/);
  });

  it("says that a path is too long for a socket", async () => {
    const long = serveQrexecSocket({
      directory: `${directory}/${"x".repeat(100)}`,
      service: "test.Service",
      onCall: echo,
      onFault: () => {},
    });
    await expect(long).rejects.toThrow(/107 bytes/);
  });

  it("turns callers away that are too many, and takes them again later", async () => {
    const taken = Promise.withResolvers<void>();
    const path = await serve(
      (call) => {
        taken.resolve();
        return echo(call);
      },
      { maxCalls: 1 },
    );
    const held = connect({ path, allowHalfOpen: true });
    held.write("test.Service+ a\0");
    await taken.promise;
    expect(await ask(path, ["test.Service+ b\0"], "close")).toMatch(/^(error: .*)?$/);
    held.destroy();
    await expect.poll(() => ask(path, ["test.Service+ c\0"], "close")).toBe("test.Service||c|");
  });
});
