import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../../src/formats/gzip/index.ts";
import {
  chunksOfList,
  elementsOf,
  parsePrimaryElement,
  parseRepomd,
  readPackageList,
  renderRepomd,
  splicePackageList,
} from "../../../src/formats/rpm/index.ts";

const pkgid = (number: number): string => number.toString(16).padStart(64, "0");

function element(number: number, location = `rpm/p${number}-1-1.noarch.rpm`): string {
  return `<package type="rpm">\n  <name>p${number}</name>\n  <arch>noarch</arch>\n  <version epoch="0" ver="1" rel="1"/>\n  <checksum type="sha256" pkgid="YES">${pkgid(number)}</checksum>\n  <size package="10" installed="1" archive="1"/>\n  <location href="${location}"/>\n  <format><rpm:sourcerpm>s-1-1.src.rpm</rpm:sourcerpm></format>\n</package>\n`;
}

const list = (...numbers: number[]): string =>
  `<?xml version="1.0"?>\n<metadata packages="${numbers.length}">\n${numbers.map((number) => element(number)).join("")}</metadata>\n`;

const read = (text: string) => readPackageList([chunkOf(Buffer.from(text))]);
const text = (parsed: ReturnType<typeof read>): string =>
  Buffer.concat(chunksOfList(parsed).map((chunk) => chunk.open)).toString();

describe("a list of packages", () => {
  it("comes out as it went in", () => {
    for (const numbers of [[], [1], [1, 2, 3]]) expect(text(read(list(...numbers)))).toBe(list(...numbers));
  });

  it("is spliced as a list of the other packages would read, counted anew", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(60), { maxLength: 12 }),
        fc.uniqueArray(fc.nat(60), { maxLength: 5 }),
        (there, come) => {
          const added = come.filter((number) => !there.includes(number));
          const gone = there.filter((_, index) => index % 2 === 0);
          const change = { remove: new Set(gone.map(pkgid)), add: added.map((number) => Buffer.from(element(number))) };
          const spliced = splicePackageList(read(list(...there)), change);
          expect(text(spliced)).toBe(list(...there.filter((number) => !gone.includes(number)), ...added));
          expect(spliced.body.flatMap(elementsOf)).toHaveLength(there.length - gone.length + added.length);
        },
      ),
    );
  });

  it("keeps untouched members as they are", () => {
    const long = read(list(...Array.from({ length: 900 }, (_, index) => index)));
    expect(long.body.length).toBeGreaterThan(2);
    const spliced = splicePackageList(long, { remove: new Set(), add: [Buffer.from(element(5000))] });
    for (const [index, chunk] of long.body.slice(0, -1).entries()) expect(spliced.body[index]).toBe(chunk);
    expect(readPackageList(chunksOfList(long)).body).toEqual([...long.body]);
  });

  it.each([
    [
      "a comment in which a package could hide",
      '<metadata packages="1"><!-- <package type="rpm"></package> --></metadata>',
    ],
    ["character data in which one could hide", '<metadata packages="0"><![CDATA[<package ]]></metadata>'],
    ["a document type", '<!DOCTYPE x><metadata packages="0"></metadata>'],
    ["a package without an end", '<metadata packages="1"><package type="rpm"><name>x</name></metadata>'],
    [
      "a package within a package",
      `<metadata packages="1"><package a="1"><package b="1"></package></package></metadata>`,
    ],
    ["no root", "hello"],
  ])("is refused with %s", (_, hostile) => {
    expect(() => read(hostile)).toThrow(RangeError);
  });

  it.each([
    "../../etc/passwd.rpm",
    "/etc/x.rpm",
    "rpm/../x.rpm",
    "rpm/.hidden.rpm",
    "http://example.org/x.rpm",
    "rpm/x.deb",
    "",
  ])("is refused where a package lies at '%s'", (location) => {
    const [chunk] = read(list(1).replace("rpm/p1-1-1.noarch.rpm", location)).body;
    const [found] = chunk === undefined ? [] : elementsOf(chunk);
    if (found === undefined) throw new Error("there is no element");
    expect(() => parsePrimaryElement(found)).toThrow(RangeError);
  });
});

describe("repomd.xml", () => {
  const data = {
    type: "primary",
    checksum: pkgid(7),
    openChecksum: pkgid(8),
    location: `repodata/${pkgid(7)}-primary.xml.gz`,
    timestamp: 5,
    size: 6,
    openSize: 7,
  };

  it("reads as it is written", () => {
    const repomd = {
      revision: "1795467448",
      data: [data, { ...data, type: "group", openChecksum: null, openSize: null }],
    };
    expect(parseRepomd(renderRepomd(repomd))).toEqual(repomd);
  });

  it.each([
    ["that leads out of the repository", { ...data, location: "repodata/../../x" }],
    ["that is an address", { ...data, location: "http://example.org/x" }],
    ["without a SHA-256", { ...data, checksum: "abc" }],
  ])("is refused with a file %s", (_, wrong) => {
    expect(() => parseRepomd(renderRepomd({ revision: "1", data: [wrong] }))).toThrow(RangeError);
  });

  it("is refused where it is something else, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (untrusted) => {
        expect(() => parseRepomd(untrusted)).toThrow(RangeError);
      }),
    );
  });
});
