import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkOf, packedBytes, readChunks } from "../../../src/formats/gzip/index.ts";
import { chunksOfDatabase, packagesOf, readDatabase, spliceDatabase } from "../../../src/formats/pacman/index.ts";
import { readTar, renderTar, tarEnd } from "../../../src/formats/pacman/tar.ts";
import { runTool } from "../../support/tool.ts";

const desc = (name: string, version = "1.0-1"): string =>
  `%FILENAME%\n${name}-${version}-any.pkg.tar.zst\n\n%NAME%\n${name}\n\n%VERSION%\n${version}\n\n%CSIZE%\n5\n\n%SHA256SUM%\n${"a".repeat(64)}\n\n%ARCH%\nany\n\n`;

function tar(names: readonly string[], change = (text: string): string => text): Buffer {
  const entries = names.flatMap((name) => [
    { name: `${name}-1.0-1/`, kind: "directory", content: Buffer.alloc(0) } as const,
    { name: `${name}-1.0-1/desc`, kind: "file", content: Buffer.from(change(desc(name))) } as const,
  ]);
  return Buffer.concat([renderTar(entries), tarEnd]);
}

const read = (names: readonly string[]) => readDatabase(readChunks(gzipSync(tar(names))));

describe("a pacman database", () => {
  it("is read by bsdtar as we write it, and by us again, member by member", () => {
    const chunks = read(["alpha", "beta"]);
    const file = packedBytes(chunksOfDatabase(chunks));
    const listed = runTool("bsdtar", ["-tf", "-"], { input: file }).toString().trim().split("\n");
    expect(listed).toEqual(["alpha-1.0-1/", "alpha-1.0-1/desc", "beta-1.0-1/", "beta-1.0-1/desc"]);
    expect(packedBytes(chunksOfDatabase(readDatabase(readChunks(file))))).toEqual(file);
  });

  it("is spliced by package", () => {
    const added = read(["gamma"]).flatMap(packagesOf);
    const spliced = spliceDatabase(read(["alpha", "beta"]), { remove: new Set(["alpha"]), add: added });
    expect(spliced.flatMap(packagesOf).map((one) => one.name)).toEqual(["beta", "gamma"]);
    expect(readDatabase([chunkOf(tarEnd)])).toEqual([]);
  });

  it.each<[string, (text: string) => string]>([
    ["lies elsewhere", (text) => text.replace(/alpha-1.0-1-any/, "../alpha-1.0-1-any")],
    ["has another name than its directory", (text) => text.replace("%NAME%\nalpha", "%NAME%\nother")],
    ["has no SHA-256", (text) => text.replace(/%SHA256SUM%\n.*/, "%SHA256SUM%\nabc")],
  ])("is refused where a package %s", (_, change) => {
    expect(() => readDatabase(readChunks(gzipSync(tar(["alpha"], change))))).toThrow(RangeError);
  });

  it("is refused as a tar with a link, a wrong checksum, or a cut", () => {
    const good = tar(["alpha"]);
    const link = Buffer.from(good);
    link[156] = 0x32;
    expect(() => readTar(link)).toThrow(RangeError);
    expect(() => readTar(good.subarray(0, 1100))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 1024 }), (untrusted) => {
        try {
          readTar(Buffer.from(untrusted));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
