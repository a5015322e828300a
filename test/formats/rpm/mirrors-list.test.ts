import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMirrorsList } from "../../../src/formats/rpm/index.ts";

describe("a list of mirrors", () => {
  it("is read as builder v2 has it, in its order", () => {
    const text =
      "https://mirrors.example.org/qubes/repo/yum\r\n\n  https://yum.example.org/  \n# none by default\n#http://x.onion/yum\nhttp://localhost:8080/~a/repo_1\n";
    expect(parseMirrorsList(text)).toEqual({
      mirrors: [
        "https://mirrors.example.org/qubes/repo/yum",
        "https://yum.example.org/",
        "http://localhost:8080/~a/repo_1",
      ],
      mistakes: [],
    });
    expect(parseMirrorsList("")).toEqual({ mirrors: [], mistakes: [] });
  });

  it.each([
    "yum.example.org",
    "ftp://yum.example.org/",
    "https://",
    "https://user:word@yum.example.org/",
    "https://yum.example.org/?a=b",
    "https://yum.example.org/#x",
    "https://yum.example.org/ why",
    "https://yum.example.org/<a>",
    "https://yum.example.org/ä",
    "javascript:alert(1)",
    `https://yum.example.org/${"a".repeat(300)}`,
  ])("has %j for a mistake, by its line", (line) => {
    expect(parseMirrorsList(`https://a.example\n${line}\n`)).toEqual({ mirrors: ["https://a.example"], mistakes: [2] });
  });

  it("lets nothing hostile into a metalink", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const mirror of parseMirrorsList(text).mirrors) expect(mirror).toMatch(/^https?:\/\/[\w.~:/+-]+$/);
      }),
    );
  });
});
