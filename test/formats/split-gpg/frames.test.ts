import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader, renderData, renderEnd, renderHead } from "../../../src/formats/split-gpg/index.ts";

describe("split-gpg's frames", () => {
  it("carry data in pieces of 4,096 bytes, little-endian, and are read back however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), fc.integer({ min: 1, max: 5_000 }), (data, step) => {
        const bytes = Buffer.concat([renderData(1, data), renderEnd(1)]);
        const reader = new FrameReader();
        const frames = [];
        for (let at = 0; at < bytes.length; at += step) {
          frames.push(...reader.push(bytes.subarray(at, at + step)).map((frame) => ({ ...frame })));
        }
        expect(frames.pop()).toEqual({ kind: "end", stream: 1 });
        const read = frames.map((frame) => (frame.kind === "data" ? Buffer.from(frame.data) : Buffer.alloc(0)));
        expect(Buffer.concat(read).equals(Buffer.from(data))).toBe(true);
        expect(read.every((piece) => piece.length <= 4096)).toBe(true);
      }),
    );
  });

  it.each([
    [-1, 0],
    [-2, 1],
    [-256, 255],
  ])("read stream %i as exit status %i", (stream, status) => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(stream, 0);
    expect(new FrameReader().push(bytes)).toEqual([{ kind: "exit", status }]);
  });

  it("refuse a frame of more than 4,096 bytes", () => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(4097, 4);
    expect(() => new FrameReader().push(bytes)).toThrow(RangeError);
  });
});

describe("split-gpg's head", () => {
  it("is 1,028 bytes: the length without the last NUL, then the words, the program first", () => {
    const head = renderHead(["--detach-sign", "-u", "KEY"]);
    expect(head.length).toBe(1028);
    expect(head.readUInt32LE(0)).toBe("gpg\0--detach-sign\0-u\0KEY".length);
    expect(head.subarray(4, 4 + head.readUInt32LE(0)).toString()).toBe("gpg\0--detach-sign\0-u\0KEY");
    expect(head.subarray(4 + head.readUInt32LE(0)).every((byte) => byte === 0)).toBe(true);
  });

  it("takes no word with a NUL, and no more than 1,024 bytes", () => {
    expect(() => renderHead(["a\0--decrypt"])).toThrow(RangeError);
    expect(() => renderHead(["x".repeat(1_020)])).toThrow(RangeError);
  });
});
