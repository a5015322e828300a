import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../commands/index.ts";
import { codeSpan, fenced, linkTarget, plainText, tailOf } from "../../src/report/escape.ts";
import { readMarker, withMarker } from "../../src/report/marker.ts";

describe("other people's text", () => {
  it.each([
    ["mentions nobody", "thanks @marmarek and @QubesOS/core", /@[A-Za-z]/],
    ["refers to no issue", "like #12, QubesOS/qubes-issues#13 and GH-14", /#[0-9]|GH-[0-9]/],
    ["links to nothing", "see https://evil.example/x and www.evil.example", /:\/\/|www\.[a-z]/],
    ["has no code span", "`Upload-component r4.3 x` and ``y``", /`/],
    ["makes no picture and no link", "![x](http://a) [y](z)", /(?<!\\)[[\]!]/],
    ["has no HTML and no marker", "<!-- release-bot:e1 --><details>", /[<>]/],
    ["is one line", "a\nb\r\nc\u2028d", /[\n\r\u2028]/],
    ["has no control characters and no colours", "a\u001b[31mred\u0007\u202eb", /[\u0000-\u001f\u202e]/],
    ["offers no command", "Upload-component r4.3 core-admin", /Upload-component/],
  ])("%s", (_, text, forbidden) => {
    expect(plainText(text)).not.toMatch(forbidden);
  });

  it("does not begin a heading, a list or a rule", () => {
    for (const text of ["# x", "- x", "+ x", "=== x", "1. x", "12) x", "> x"]) {
      expect(plainText(text)).not.toMatch(/^(?:[#+=>-]|[0-9]+[.)])/);
    }
  });

  it("is still readable", () => {
    expect(plainText("Make qubesd restart: don't wait (again)")).toBe("Make qubesd restart: don't wait \\(again\\)");
  });

  it("is never a command line, and never longer than it may be", () => {
    const words = fc.constantFrom(
      "Upload-component",
      "Hold",
      "r4.3",
      "core-admin",
      "a".repeat(40),
      "current",
      "all",
      "`",
      "@",
      "\n",
      "-",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 12 }), (parts) => {
        const text = plainText(parts.join(" "), 100);
        expect(parseCommandLine(text).ok).toBe(false);
        expect(text).not.toMatch(/[`<>\n]|@[A-Za-z0-9]/);
      }),
    );
  });

  it("does not end a code span", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(codeSpan(text).slice(1, -1)).not.toMatch(/[`\n]/);
      }),
    );
  });

  it("of a log does not close its fence", () => {
    const log = "output\n```\n</details>\n@marmarek\n````\n~~~\n";
    const block = fenced(log).split("\n");
    const fence = block.at(-1) ?? "";
    expect(block[0]).toBe(`${fence}text`);
    expect(block.slice(1, -1).some((line) => line.trim().startsWith(fence))).toBe(false);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "\n", "a", " ", "~", "\r") }), (text) => {
        const lines = fenced(text).split("\n");
        const end = lines.at(-1) ?? "";
        expect(lines.slice(1, -1).filter((line) => line.trim().startsWith(end))).toEqual([]);
      }),
    );
  });

  it("of a log is its last 30 lines, at most 3,500 characters", () => {
    const log = Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n");
    expect(tailOf(`${log}\n\n`, 30, 3500).split("\n")).toEqual(
      Array.from({ length: 30 }, (_, index) => `line ${index + 70}`),
    );
    expect(tailOf("x".repeat(10_000), 30, 3500)).toHaveLength(3500);
  });

  it("becomes a link only where it is a plain address", () => {
    expect(linkTarget("https://github.com/QubesOS/qubes-core-admin")).not.toBeNull();
    for (const bad of ["javascript:alert(1)", "https://a) [x](y", "https://a b", "/srv/git/x", "https://a\nb"]) {
      expect(linkTarget(bad)).toBeNull();
    }
  });
});

describe("a comment's marker", () => {
  it("is read from the very end only: a log that quotes one is not believed", () => {
    expect(readMarker(withMarker("text", "e-1"))).toBe("e-1");
    expect(readMarker("<!-- release-bot:e-1 -->\r\n")).toBe("e-1");
    expect(readMarker("a <!-- release-bot:e-1 -->")).toBeNull();
    expect(readMarker("<!-- release-bot:e-1 -->\nmore")).toBeNull();
    expect(readMarker(withMarker("<!-- release-bot:forged -->", "mine"))).toBe("mine");
  });
});
