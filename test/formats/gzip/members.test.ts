import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkOf, openPieces, packedBytes, readChunks } from "../../../src/formats/gzip/index.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

describe("gzip files as members", () => {
  it("inflate, for anybody, to what was packed, and come apart into the same members", () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), (parts) => {
        const file = packedBytes(parts.map(chunkOf));
        expect(gunzipSync(file)).toEqual(Buffer.concat(parts));
        const chunks = readChunks(file);
        expect(chunks.map((chunk) => chunk.open)).toEqual(parts);
        expect(packedBytes(chunks)).toEqual(file);
      }),
    );
  });

  it("are read whole where another tool made them, or a part of them", () => {
    const other = gzipSync("one\n");
    expect(Buffer.concat(openPieces(readChunks(other))).toString()).toBe("one\n");
    expect(
      Buffer.concat(openPieces(readChunks(Buffer.concat([chunkOf(Buffer.from("two\n")).packed, other])))).toString(),
    ).toBe("two\none\n");
  });

  it("are refused where a byte was changed, or the end is missing", () => {
    const file = chunkOf(Buffer.from("some text that is long enough to be packed")).packed;
    for (let index = 20; index < file.length; index++) {
      const changed = Buffer.from(file);
      changed[index] = (changed[index] ?? 0) ^ 0x55;
      expect(() => readChunks(changed), String(index)).toThrow();
    }
    expect(() => readChunks(file.subarray(0, -1))).toThrow();
  });

  it("never do anything but answer or throw on hostile bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (untrusted) => {
        try {
          readChunks(Buffer.from([0x1f, 0x8b, 8, 4, ...untrusted]));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
