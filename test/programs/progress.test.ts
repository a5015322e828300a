import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { barText, ProgressLine, Watch, withProgress } from "../../src/programs/cli/progress.ts";
import { WrittenStream } from "../support/written-stream.ts";

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
    [
      { what: "hashes", done: 1, total: 2, part: { done: 6e8, total: 1.2e9, unit: "bytes" } as const },
      "[###############-----] 1/2 hashes, 0.6 of 1.2 GB, 3 s",
    ],
    [
      { what: "hashes", done: 0, total: 1, part: { done: 5e6, total: 2e7, unit: "bytes" } as const },
      "[#####---------------] hashes, 5 of 20 MB, 3 s",
    ],
    [
      { what: "signs", done: 1, total: 4, part: { done: 1, total: 2, unit: "steps" } as const },
      "[#######-------------] 1/4 signs, 3 s",
    ],
    [{ what: "hashes", done: 0, total: 1, part: { done: 0, total: 0, unit: "bytes" } as const }, /^\[-{20}\] hashes/],
  ])("says how far it is: %j", (step, text) => {
    const said = barText(step, 3, 80);
    if (typeof text === "string") expect(said).toBe(text);
    else expect(said).toMatch(text);
  });

  it("draws a shorter bar in a narrow terminal", () => {
    expect(barText({ what: "files", done: 1, total: 2 }, 3, 40)).toBe("[#####-----] 1/2 files, 3 s");
    const part = { done: 438e6, total: 734e6, unit: "bytes" } as const;
    const what = "hashes the packages";
    expect(barText({ what, done: 0, total: 4, part }, 3, 40)).toBe("[#---------] 0/4 hashes…, 438 of 734 MB");
  });

  it("is shown on a terminal once two seconds have passed, and gone at the end", async () => {
    const stream = new WrittenStream("terminal", 40);
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
    expect(seen).toContain("\r\u001b[2K[#####-----] 1/2 uploads, 2 s");
    expect(stream.said.endsWith("\r\u001b[2K")).toBe(true);
    const length = stream.said.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(stream.said).toHaveLength(length);
  });

  it("is not shown where there is no terminal, nor for what is quick, and goes away when the work fails", async () => {
    const file = new WrittenStream("file", 40);
    await withProgress("uploads", file, async () => vi.advanceTimersByTimeAsync(9000));
    const quick = new WrittenStream("terminal", 40);
    await withProgress("uploads", quick, async () => undefined);
    expect([file.said, quick.said]).toEqual(["", ""]);
    const failing = new WrittenStream("terminal", 40);
    const work = withProgress("uploads", failing, async () => {
      await vi.advanceTimersByTimeAsync(2500);
      throw new Error("no disk");
    });
    await expect(work).rejects.toThrow("no disk");
    expect(failing.said.endsWith("\r\u001b[2K")).toBe(true);
  });

  it("counts the two seconds from the first of several pieces of work", async () => {
    const stream = new WrittenStream("terminal", 40);
    const watch = new Watch(stream);
    await watch.during("plans", async () => vi.advanceTimersByTimeAsync(1500));
    expect(stream.said).toBe("");
    await watch.during("signs", async () => vi.advanceTimersByTimeAsync(1500));
    expect(stream.said).toContain("signs, 3 s");
  });

  it("leaves the terminal to a program that may ask for a passphrase", async () => {
    const stream = new WrittenStream("terminal", 40);
    const watch = new Watch(stream);
    await watch.during("promotes", async () => {
      await vi.advanceTimersByTimeAsync(3000);
      expect(stream.said).toContain("promotes");
      await watch.silently(async () => {
        expect(stream.said.endsWith("\r\u001b[2K")).toBe(true);
        const { length } = stream.said;
        await vi.advanceTimersByTimeAsync(3000);
        watch.tell({ what: "promotes", done: 1, total: 2 });
        expect(stream.said).toHaveLength(length);
      });
      await vi.advanceTimersByTimeAsync(300);
      expect(stream.said).toMatch(/1\/2 promotes, 6 s$/);
    });
  });

  it("never is wider than the terminal", () => {
    const stream = new WrittenStream("terminal", 40);
    new ProgressLine(stream).show("版".repeat(100));
    expect(stream.said).toBe(`\r\u001b[2K${"版".repeat(19)}…`);
  });
});
