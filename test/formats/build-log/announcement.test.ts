import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { announcedName, parseAnnouncement, renderAnnouncement } from "../../../src/formats/build-log/index.ts";

const key = "0123456789ABCDEF0123456789ABCDEF01234567";
const sha256 = "ab".repeat(32);
const announcement = { kind: "detach", key, sha256, length: 12, name: "core-admin_4.3+1~rc1.rpm" } as const;
const line = `> sign detach ${key} sha256:${sha256} 12 core-admin_4.3+1~rc1.rpm`;

describe("an announcement", () => {
  it("is one line, and is read back as it was", () => {
    expect(renderAnnouncement(announcement)).toBe(line);
    expect(parseAnnouncement(line)).toEqual(announcement);
    const longest = { ...announcement, kind: "clear", length: 999_999_999_999_999, name: "n".repeat(128) } as const;
    expect(parseAnnouncement(renderAnnouncement(longest))).toEqual(longest);
  });

  it.each([
    ["a line of a build's output", `| ${line}`],
    ["a fragment", `+ ${line}`],
    ["white space before it", ` ${line}`],
    ["white space behind it", `${line} `],
    ["two spaces", line.replace("detach ", "detach  ")],
    ["a carriage return", `${line}\r`],
    ["two lines", `${line}\n${line}`],
    ["a short key", line.replace(key, key.slice(8))],
    ["a key in lower case", line.replace(key, key.toLowerCase())],
    ["a digest in upper case", line.replace(sha256, sha256.toUpperCase())],
    ["another digest's name", line.replace("sha256", "sha1")],
    ["another kind", line.replace("detach", "decrypt")],
    ["a length with a sign", line.replace(" 12 ", " -12 ")],
    ["a length with a leading zero", line.replace(" 12 ", " 012 ")],
    ["a length of 16 digits", line.replace(" 12 ", ` ${"9".repeat(16)} `)],
    ["no name", line.slice(0, line.lastIndexOf(" ") + 1)],
    ["a name with a slash", line.replace("core-admin", "core/admin")],
    ["a name of 129 characters", line.replace(/core.*$/, "n".repeat(129))],
  ])("is not %s", (_, untrusted) => {
    expect(parseAnnouncement(untrusted)).toBeNull();
  });

  it("is never written in a form that would be read as something else", () => {
    expect(() => renderAnnouncement({ ...announcement, name: `x\n${line.slice(2)}` })).toThrow(RangeError);
    expect(() => renderAnnouncement({ ...announcement, length: 1.5 })).toThrow(RangeError);
  });

  it("carries any file's name, in the characters that it can", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const announced = { ...announcement, name: announcedName(name) };
        expect(parseAnnouncement(renderAnnouncement(announced))).toEqual(announced);
      }),
    );
  });
});
