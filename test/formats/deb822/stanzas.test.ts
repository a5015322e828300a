import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseFields,
  parsePackagesStanza,
  parseRelease822,
  parseSourcesStanza,
  readStanzaList,
  renderRelease,
  spliceStanzaList,
  splitStanzas,
  stanzasOf,
} from "../../../src/formats/deb822/index.ts";
import { chunkOf, openPieces } from "../../../src/formats/gzip/index.ts";

const sha = "a".repeat(64);
const stanza = (name: string, more = ""): string =>
  `Package: ${name}\nSource: ${name}-src (2.0)\nVersion: 1.0-1\nArchitecture: amd64\nFilename: pool/main/a/a/${name}_1.0-1_amd64.deb\nSize: 12\nSHA256: ${sha}\n${more}\n`;
const read = (text: string) => readStanzaList([chunkOf(Buffer.from(text))]);

describe("Packages and Sources", () => {
  it("come out as they went in, and are spliced as bytes", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{1,6}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), fc.uniqueArray(name, { maxLength: 3 }), (there, come) => {
        const chunks = read(there.map((one) => stanza(one)).join(""));
        const all = chunks.flatMap(stanzasOf);
        const gone = all.filter((_, index) => index % 2 === 0);
        const spliced = spliceStanzaList(chunks, {
          remove: new Set(gone),
          add: come.map((one) => Buffer.from(stanza(one))),
        });
        const left = there.filter((_, index) => index % 2 !== 0);
        expect(Buffer.concat(openPieces(spliced)).toString()).toBe(
          [...left, ...come].map((one) => stanza(one)).join(""),
        );
      }),
    );
  });

  it("end each stanza with one empty line, however many there were", () => {
    expect(splitStanzas(Buffer.from("\n\nA: 1\n\n\n\nB: 2")).map(String)).toEqual(["A: 1\n\n", "B: 2\n\n"]);
  });

  it("say what a package is and from which source it comes", () => {
    expect(parsePackagesStanza(Buffer.from(stanza("alpha")))).toMatchObject({
      name: "alpha",
      source: "alpha-src",
      sourceVersion: "2.0",
      files: [{ sha256: sha, size: 12 }],
    });
    const source = `Package: alpha\nVersion: 1\nDirectory: pool/main/a/alpha\nChecksums-Sha256:\n ${sha} 5 alpha_1.dsc\n ${sha} 6 alpha_1.tar.xz\n`;
    expect(parseSourcesStanza(Buffer.from(source)).files.map((file) => file.path)).toEqual([
      "pool/main/a/alpha/alpha_1.dsc",
      "pool/main/a/alpha/alpha_1.tar.xz",
    ]);
  });

  it.each([
    ["a field twice", "A: 1\nA: 2\n"],
    ["a continued line first", " x\nA: 1\n"],
    ["a line that is no field", "hello\n"],
    ["a field without a name", ": x\n"],
  ])("are refused with %s", (_, text) => {
    expect(() => parseFields(text)).toThrow(RangeError);
  });

  it.each(["../../etc/passwd", "/etc/passwd", "pool/../x.deb", "pool/.hidden"])(
    "are refused where a file lies at %s",
    (path) => {
      expect(() =>
        parsePackagesStanza(Buffer.from(stanza("alpha").replace(/^Filename: .*$/m, `Filename: ${path}`))),
      ).toThrow(RangeError);
    },
  );

  it("are refused without a SHA-256", () => {
    expect(() => parsePackagesStanza(Buffer.from(stanza("alpha").replace(/^SHA256: .*\n/m, "")))).toThrow(RangeError);
  });
});

describe("Release", () => {
  const release = {
    origin: "Qubes OS",
    label: "",
    suite: "bookworm",
    codename: "bookworm",
    date: new Date("2026-11-23T20:15:05Z"),
    architectures: ["amd64", "source"],
    components: ["main"],
    description: "",
    entries: [{ path: "main/binary-amd64/Packages", size: 3, sha256: sha }],
  };

  it("reads as it is written, and leaves out what would be empty", () => {
    expect(parseRelease822(renderRelease(release))).toEqual(release);
    expect(renderRelease(release)).not.toMatch(/[ \t]$/m);
  });

  it("says apt's date, and that indices can be had by their hash", () => {
    expect(renderRelease(release)).toContain("Date: Mon, 23 Nov 2026 20:15:05 UTC\n");
    expect(renderRelease(release)).toContain("Acquire-By-Hash: yes\n");
  });
});
