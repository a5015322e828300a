import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractBlocks } from "../../src/signed/index.ts";
import { cpuMilliseconds } from "../support/cpu-time.ts";

const block = (command: string): string =>
  ["-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "", command, "-----BEGIN PGP SIGNATURE-----", "", "abcd"]
    .concat("-----END PGP SIGNATURE-----", "")
    .join("\n");
const one = block("Hold x");
const reasons = (body: string) => extractBlocks(body).dropped.map(({ reason, line, count }) => [reason, line, count]);

describe("a comment's signed blocks", () => {
  it("are taken with one line feed at their end", () => {
    expect(extractBlocks(one)).toEqual({ blocks: [one], dropped: [] });
    expect(extractBlocks(one.trimEnd()).blocks).toEqual([one]);
    expect(extractBlocks(`${one}\n\n`).blocks).toEqual([one]);
  });

  it("lose GitHub's carriage returns and the blanks at their lines' ends", () => {
    expect(extractBlocks(one.replaceAll("\n", "\r\n")).blocks).toEqual([one]);
    expect(extractBlocks(one.replaceAll("\n", " \t \r\n")).blocks).toEqual([one]);
    expect(extractBlocks(one.replaceAll("\n", "\v\f\r\r\n")).blocks).toEqual([one]);
  });

  it("are found between text of any kind, also non-ASCII", () => {
    expect(extractBlocks(`Grüße 🎉\r\n\r\n${one}\r\nmerci à tous`).blocks).toEqual([one]);
    expect(extractBlocks(`${one.trimEnd()} thank you`).blocks).toEqual([one]);
  });

  it("are found in a fence", () => {
    expect(extractBlocks(`\`\`\`\n${one}\`\`\`\n`).blocks).toEqual([one]);
  });

  it("are taken each on its own, in order, ten at most", () => {
    const many = Array.from({ length: 12 }, (_, index) => block(`Hold ${index}`));
    expect(extractBlocks(many.join("and\n")).blocks).toEqual(many.slice(0, 10));
    expect(extractBlocks(many.join("and\n")).dropped).toEqual([{ reason: "too-many", line: 91, count: 2 }]);
  });

  it("are none in a quotation, and it is said", () => {
    const quoted = one.replaceAll(/^/gm, "> ");
    expect(extractBlocks(quoted).blocks).toEqual([]);
    expect(reasons(quoted)).toEqual([["quoted", 1, 1]]);
    expect(extractBlocks(`${quoted}\n${one}`).blocks).toEqual([one]);
  });

  it.each([" ", "    ", "\t"])("are none when indented by %j, and it is said", (indent) => {
    const indented = one.replaceAll(/^/gm, indent);
    expect(extractBlocks(indented).blocks).toEqual([]);
    expect(reasons(indented)).toEqual([["indented", 1, 1]]);
  });

  it("are none in the middle of a line, and it is said", () => {
    expect(extractBlocks(`look: ${one}`).blocks).toEqual([]);
    expect(reasons(`look: ${one}`)).toEqual([["inside-a-line", 1, 1]]);
  });

  it("are none without an end, and it is said", () => {
    const cut = one.slice(0, -30);
    expect(extractBlocks(cut)).toEqual({ blocks: [], dropped: [{ reason: "unterminated", line: 1, count: 1 }] });
  });

  it.each(["\u200b", "\u202e", "\u00a0", "\u0430", "é", "\ud800"])(
    "with %j inside are dropped alone; the others are taken",
    (odd) => {
      const spoilt = block(`Hold ${odd}x`);
      expect(extractBlocks(`${one}${spoilt}${one}`).blocks).toEqual([one, one]);
      expect(reasons(`${one}${spoilt}${one}`)).toEqual([["not-ascii", 9, 1]]);
    },
  );

  it("are not looked for inside one another: the outer one is taken whole, and is no valid frame", () => {
    const [first = "", ...others] = extractBlocks(`-----BEGIN PGP SIGNED MESSAGE-----\n\n${one}`).blocks;
    expect(others).toEqual([]);
    expect(first.match(/BEGIN PGP SIGNED/g)).toHaveLength(2);
  });

  it("are cut out of whatever anybody writes: ASCII only, whole, ten at most", () => {
    const pieces = fc.constantFrom(
      ...["-----BEGIN PGP SIGNED MESSAGE-----", "-----END PGP SIGNATURE-----", "\n", "\r\n", "> ", " ", "\t", "é", "x"],
    );
    const bodies = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 80 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const { blocks } = extractBlocks(body);
        expect(blocks.length).toBeLessThanOrEqual(10);
        for (const found of blocks) {
          expect(found).toMatch(/^-----BEGIN PGP SIGNED MESSAGE-----[\0-\x7f]*-----END PGP SIGNATURE-----\n$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the time that cutting takes", () => {
  const hostile: Readonly<Record<string, (size: number) => string>> = {
    "blanks only": (size) => " ".repeat(size),
    "blanks after a block's beginning": (size) => `-----BEGIN PGP SIGNED MESSAGE-----\n${" ".repeat(size)}x\n`,
    "carriage returns": (size) => "\r".repeat(size),
    "beginnings without an end": (size) => "-----BEGIN PGP SIGNED MESSAGE-----\n".repeat(size / 35),
    "quoted beginnings": (size) => "> -----BEGIN PGP SIGNED MESSAGE-----\n".repeat(size / 37),
    "beginnings on one line": (size) => " -----BEGIN PGP SIGNED MESSAGE-----".repeat(size / 35),
    "blanks before many words": (size) => `${"x ".repeat(size / 2)}\n`,
    dashes: (size) => "-".repeat(size),
  };

  const millisecondsFor = (body: string): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 5; run++) {
      best = Math.min(
        best,
        cpuMilliseconds(() => extractBlocks(body)),
      );
    }
    return best;
  };

  it.each(Object.entries(hostile))("grows with the length and no faster: %s", (_name, make) => {
    const [small, large] = [make(65_000), make(65_000 * 16)];
    millisecondsFor(small);
    // 16 times the length; a quadratic pattern would take 256 times the time, and seconds of it.
    const [short, long] = [millisecondsFor(small), millisecondsFor(large)];
    expect(long).toBeLessThan(Math.max(short * 64, 100));
  });
});
