import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineStamper, SentLines } from "../../../src/formats/build-log/index.ts";

const time = "2026-11-23 15:02:34.123456 +0000";
const stamp = `${time} build-fedora: `;

/** Stamps chunks; answers what is kept, and the agent's own lines. */
function stamped(chunks: readonly (string | Uint8Array)[], limits = { output: 1e9, own: 1e9 }, bufferLength = 1024) {
  const kept: Buffer[] = [];
  const own: (string | null)[] = [];
  const sink = {
    keep: (bytes: Uint8Array) => kept.push(Buffer.from(bytes)),
    ownLine: (line: string | null) => own.push(line),
  };
  const stamper = new LineStamper("build-fedora", sink, limits, Buffer.alloc(bufferLength));
  for (const chunk of chunks) stamper.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk, time);
  stamper.finish();
  return { text: Buffer.concat(kept).toString("latin1"), own, stamper };
}

describe("a log as it is kept", () => {
  it("has the time and the caller on each line, and dots for what is not printable ASCII", () => {
    const { text } = stamped(["a\tb\x7f\x80\xff\r\n", "\n", "x\x00y", "z\n"]);
    expect(text).toBe(`${stamp}a.b....\n${stamp}\n${stamp}x.yz\n`);
  });

  it("cuts lines at 65,536 bytes into fragments marked +", () => {
    const { text } = stamped([`${"x".repeat(65_536)}\n${"y".repeat(65_537)}\n${"z".repeat(131_072)}\n`]);
    const lengths = text
      .split("\n")
      .map((line) => [line.slice(stamp.length).startsWith("+ "), line.length - stamp.length]);
    expect(lengths.slice(0, -1)).toEqual([
      [false, 65_536],
      [false, 65_536],
      [true, 3],
      [false, 65_536],
      [true, 65_538],
    ]);
  });

  it("tells of a line of the agent's own only when it is whole, and of 1,024 bytes at most", () => {
    const long = `> ${"x".repeat(1_022)}`;
    expect(stamped(["> one\n", "> tw", "o\n", "| > no\n", "> cut"]).own).toEqual(["> one", "> two"]);
    expect(stamped([`${long}\n`, `${long}x\n`]).own).toEqual([long, null]);
  });

  it("tells of nothing that stands in a fragment, wherever it is cut", () => {
    const forged = "> sign detach";
    const line = `${">".padEnd(65_536, "x")}${forged.padEnd(65_536, " ")}${forged}`;
    expect(stamped([`${line}\n`]).own).toEqual([]);
  });

  it("keeps no output beyond the limit, the agent's lines to theirs, and counts the rest", () => {
    const output = "| 0123456789\n".repeat(10);
    const { text, stamper } = stamped([output, "> own\n", output, "> own\n".repeat(10)], { output: 300, own: 500 });
    expect(text.split("| ").length - 1).toBe(5);
    expect(text.split("> own").length - 1).toBe(4);
    expect(stamper.dropped).toBe(15 * 13 + 7 * 6);
    expect(text.endsWith("\n")).toBe(true);
  });

  it("is the same however the stream is cut into chunks", () => {
    const pieces = fc.array(
      fc.constantFrom("\n", "> own\n", "| out\n", "x".repeat(3_000), "\xff", "> ", "y".repeat(65_536)),
    );
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(70_000)), (parts, cuts) => {
        const whole = Buffer.from(parts.join(""), "latin1");
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        const [one, many] = [stamped([whole]), stamped(chunks, undefined, 2_048)];
        expect(many.text === one.text && many.own.join() === one.own.join()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("never takes a byte of a build's output for the agent's word", () => {
    const output = fc.array(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\n", "\r", "> sign", "\n> sign\n")),
    );
    fc.assert(
      fc.property(output, (chunks) => {
        const lines = new SentLines();
        const sent: Buffer[] = [];
        for (const chunk of chunks) sent.push(lines.output(Buffer.from(chunk)), lines.own("mine"));
        expect(stamped(sent).own.every((line) => line === "> mine")).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
