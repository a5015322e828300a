import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { barText, ProgressLine, withProgress } from "../../src/programs/cli/progress.ts";

class Stream {
  said = "";
  readonly columns = 40;
  readonly isTTY: boolean;
  constructor(kind: "terminal" | "file") {
    this.isTTY = kind === "terminal";
  }
  write(text: string): void {
    this.said += text;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress", () => {
  it.each([
    [{ what: "files checked", done: 0, total: null }, "files checked, 3 s"],
    [{ what: "files checked", done: 7, total: null }, "files checked: 7, 3 s"],
    [{ what: "files checked", done: 50, total: 200 }, "[#####---------------] 50/200 files checked, 3 s"],
    [{ what: "files checked", done: 300, total: 200 }, "[####################] 300/200 files checked, 3 s"],
  ])("says how far it is: %j", (step, text) => {
    expect(barText(step, 3)).toBe(text);
  });

  it("is shown on a terminal once two seconds have passed, and gone at the end", async () => {
    const stream = new Stream("terminal");
    let seen = "";
    const work = withProgress("uploads", stream, async (tell) => {
      await vi.advanceTimersByTimeAsync(1900);
      expect(stream.said).toBe("");
      tell({ what: "uploads", done: 1, total: 2 });
      await vi.advanceTimersByTimeAsync(400);
      seen = stream.said;
      return "done";
    });
    expect(await work).toBe("done");
    expect(seen).toMatch(/\r\u001b\[2K\[##########-+\] 1\/2 uploads, 2…?/);
    expect(stream.said.endsWith("\r\u001b[2K")).toBe(true);
    const length = stream.said.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(stream.said).toHaveLength(length);
  });

  it("is not shown where there is no terminal, nor for what is quick, and goes away when the work fails", async () => {
    const file = new Stream("file");
    await withProgress("uploads", file, async () => vi.advanceTimersByTimeAsync(9000));
    const quick = new Stream("terminal");
    await withProgress("uploads", quick, async () => undefined);
    expect([file.said, quick.said]).toEqual(["", ""]);
    const failing = new Stream("terminal");
    const work = withProgress("uploads", failing, async () => {
      await vi.advanceTimersByTimeAsync(2500);
      throw new Error("no disk");
    });
    await expect(work).rejects.toThrow("no disk");
    expect(failing.said.endsWith("\r\u001b[2K")).toBe(true);
  });

  it("never is wider than the terminal", () => {
    const stream = new Stream("terminal");
    new ProgressLine(stream).show("版".repeat(100));
    expect(stream.said).toBe(`\r\u001b[2K${"版".repeat(19)}…`);
  });
});
