import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQubeName } from "../../../src/domain/index.ts";
import {
  formatCallHeader,
  fullCallName,
  isServiceName,
  parseCallHeader,
  parseCallName,
} from "../../../src/formats/qrexec/index.ts";

describe("a call's name", () => {
  it.each([
    ["qubes.Gpg", "qubes.Gpg", ""],
    ["qubes.Gpg+", "qubes.Gpg", ""],
    ["t.S+a+b", "t.S", "a+b"],
    ["t.S+--help", "t.S", "--help"],
    ["t.S+../x".replace("/", "-"), "t.S", "..-x"],
  ])("is read from %s", (text, service, argument) => {
    expect(parseCallName(text)).toEqual({ service, argument });
  });

  it.each(["", "+x", "t.S+a/b", "t.S a", "t.S\0", "t.S+\u00e4", `t.S+${"x".repeat(1000)}`, "t:S"])(
    "is not %j",
    (text) => {
      expect(parseCallName(text)).toBeNull();
      expect(isServiceName(text)).toBe(false);
    },
  );
});

describe("a socket service's header", () => {
  it("is read back as it was written", () => {
    const source = parseQubeName("sys-net");
    if (source === null) throw new Error("no name");
    const header = formatCallHeader({ service: "t.S", argument: "x+y", source });
    expect(header.toString()).toBe("t.S+x+y sys-net\0");
    expect(parseCallHeader(header.subarray(0, -1))).toEqual({ service: "t.S", argument: "x+y", source });
    expect(formatCallHeader({ service: "t.S", argument: "", source }).toString()).toBe("t.S+ sys-net\0");
  });

  it("is never read from bytes that would be written otherwise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const header = parseCallHeader(bytes);
        if (header === null) return;
        const text = Buffer.from(bytes).toString("latin1");
        expect([`${fullCallName(header)} ${header.source}`, `${header.service} ${header.source}`]).toContain(text);
      }),
    );
  });

  it.each(["t.S+", "t.S+ ", "t.S+  a", "t.S+ a b", " a", "t.S+ 1a", "t.S+ a\0", `t.S+ ${"a".repeat(32)}`])(
    "is not %j",
    (text) => {
      expect(parseCallHeader(Buffer.from(text))).toBeNull();
    },
  );
});
